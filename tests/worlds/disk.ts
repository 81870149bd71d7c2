/** Example worlds in a store on disk, closed in the middle of their work and opened again. */

import { emptyFolder, opened } from "../store/folders.ts";
import { type Example, type ExampleOptions, openExample } from "./world.ts";

/**
 * Opens the world as often as it is called, in one folder that is gone after the test. What it opened before is
 * closed, world and store; the clock goes on.
 */
export async function onDisk(
  name: string,
  options: Omit<ExampleOptions, "journal" | "clock"> = {},
): Promise<() => Promise<Example>> {
  const folder = await emptyFolder();
  let before: Example | null = null;
  return async () => {
    const clock = before?.clock;
    await before?.close();
    await before?.journal.close();
    const journal = await opened(folder);
    before = await openExample(name, { ...options, journal, ...(clock === undefined ? {} : { clock }) });
    return before;
  };
}
