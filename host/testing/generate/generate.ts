/**
 * A recording as a test: the scenario is run in a world on virtual time, under the recorded definitions, and what is
 * seen there is what the test expects. So it passes as generated, and fails when the world does something else.
 */

import type { WholeRecording } from "../../replay/recording/assemble.ts";
import type { FindModule } from "../../runtime/definitions.ts";
import { AirloomError, bug } from "../../values/errors.ts";
import { plain } from "../../values/quote.ts";
import { openTested } from "../open.ts";
import type { AnyWorld } from "../types.ts";
import type { TestWorld } from "../world.ts";
import { expectations, snapshotOf } from "./expectations.ts";
import { quoted, SourceWriter, wrapped } from "./source.ts";
import { courseOf, type Scenario, type Step, scenarioOf } from "./steps.ts";

export interface GenerateOptions {
  /** What the recording is called in the test. */
  readonly name: string;
  /** The world folder as the test names it, relative to its own file, with forward slashes. */
  readonly folder: string;
  readonly findModule: FindModule;
  /** Frames beyond it are left out. */
  readonly framesMax: number;
}

/** Steps that a person still reads. */
export const STEPS_MAX = 500;

/**
 * The text of a test file for vitest; the same recording gives the same text. Throws `testgen.unsupported` and
 * `testgen.too_long` (kind `request`), `testgen.other_course` (kind `request`) where the recorded world on virtual
 * time is told something else than the recording, and what opening a world throws.
 */
export async function generateTest(recording: WholeRecording, options: GenerateOptions): Promise<string> {
  const [genesis] = recording.frames;
  const first = genesis?.records[0];
  if (first?.kind !== "genesis") throw bug("a recording that does not begin with genesis");
  const { carried } = recording;
  const definitions = carried.definitions(first.manifestHash, first.settingsHash);
  const findModule: FindModule = async (hash) => carried.module(hash) ?? options.findModule(hash);
  const scenario = scenarioOf(recording, definitions.manifest, options.framesMax);
  if (scenario.steps.length > STEPS_MAX) throw tooLong(scenario.steps.length);
  let difference: bigint | null = null;
  // Timers run by themselves where that gives the course of the recording; else the test answers them.
  for (const timers of ["running", "answered"] as const) {
    const world = await openTested<AnyWorld>({ definitions, findModule }, { startNs: scenario.startNs });
    try {
      const lines = await new Author(world, scenario, timers).lines();
      difference = otherCourse(scenario, world);
      if (difference === null) return fileText(scenario, lines, options, timers);
    } catch (error) {
      if (!(error instanceof AirloomError) || error.code !== "testgen.other_course") throw error;
      difference = error.fields.frame as bigint;
    } finally {
      await world.close();
    }
  }
  throw courseError(difference);
}

function courseError(frame: bigint | null): AirloomError {
  const message = `on virtual time the world takes another course than the recording, from frame ${frame} on`;
  return new AirloomError("request", "testgen.other_course", message, { fields: { frame } });
}

function tooLong(steps: number): AirloomError {
  const message = `a test of ${steps} steps is not for reading; take fewer --frames, or shrink the recording`;
  return new AirloomError("request", "testgen.too_long", message, { fields: { steps, expected: STEPS_MAX } });
}

/** The first recorded frame that the world was not told; null for the same course. */
function otherCourse({ course }: Scenario, world: TestWorld): bigint | null {
  const told = courseOf(world.frames).map(({ title }) => title);
  for (let i = 0; i < Math.max(told.length, course.length); i++) {
    if (told[i] !== course[i]?.title) return course[i]?.frame ?? course.at(-1)?.frame ?? 0n;
  }
  return null;
}

interface Act {
  readonly lines: string[];
  readonly frames: bigint[];
}

interface Lines {
  readonly source: SourceWriter;
  readonly body: readonly string[];
}

/** Does the steps, and writes down what it does and sees. */
class Author {
  readonly #world: TestWorld;
  readonly #scenario: Scenario;
  readonly #timers: "running" | "answered";
  readonly #source: SourceWriter;
  readonly #body: string[] = [];

  constructor(world: TestWorld, scenario: Scenario, timers: "running" | "answered") {
    this.#world = world;
    this.#scenario = scenario;
    this.#timers = timers;
    this.#source = new SourceWriter(scenario.startNs);
    if (timers === "answered") world.onEffect("timer.set", () => null);
  }

  async lines(): Promise<Lines> {
    let act: Act | null = null;
    let before = snapshotOf(this.#world);
    let atMs = 0;
    const end = (): void => {
      if (act === null) return;
      const seen = expectations(this.#world, before, this.#source);
      this.#body.push(
        `  // frame${act.frames.length > 1 ? "s" : ""} ${act.frames.join(", ")}`,
        ...act.lines,
        ...seen,
        "",
      );
      before = snapshotOf(this.#world);
      act = null;
    };
    for (const step of this.#scenario.steps) {
      const waits = step.atMs > atMs;
      const answers = step.kind === "answer" && (this.#timers === "answered" || step.effect !== "timer.set");
      if (waits || !answers) {
        if (step.kind !== "answer" || waits) end();
      }
      const begun: Act = act ?? { lines: [], frames: [] };
      act = begun;
      begun.frames.push(step.frame);
      if (waits) {
        begun.lines.push(`  await world.advance(${durationText(step.atMs - atMs)});`);
        await this.#world.advance({ ms: step.atMs - atMs });
        atMs = step.atMs;
      }
      if (step.kind !== "answer") {
        if (waits) {
          // An act of its own: what the wait brought is told apart from what the event brings.
          const seen = this.#seenIfAny(before);
          if (seen.length > 0) {
            const frames = begun.frames.splice(0, begun.frames.length - 1);
            const place = frames.length > 0 ? [`  // frames ${frames.join(", ")}`] : [];
            this.#body.push(...place, ...begun.lines.splice(0), ...seen, "");
            before = snapshotOf(this.#world);
          }
        }
        begun.lines.push(...(await this.#send(step)));
      } else if (answers) begun.lines.push(...(await this.#answer(step)));
    }
    end();
    return { source: this.#source, body: this.#body.slice(0, -1) };
  }

  #seenIfAny(before: ReturnType<typeof snapshotOf>): readonly string[] {
    const nothing = "  world.thenNothingHappened();";
    return expectations(this.#world, before, this.#source).filter((line) => line !== nothing);
  }

  async #send(step: Exclude<Step, { readonly kind: "answer" }>): Promise<readonly string[]> {
    if (step.kind === "plan") return this.#startPlan(step);
    if (step.kind === "redeliver" || step.kind === "dismiss") return this.#close(step);
    const name = quoted(step.schema);
    const { schema, value, key } = step;
    const keyed = key === null ? {} : { key };
    await this.#world.when(schema, value, keyed);
    const options = key === null ? [] : [`{ key: ${this.#source.value(key, "  ")} }`];
    const text = this.#source.value(value, "  ");
    return [`  await world.when(${[name, text, ...options].join(", ")});`];
  }

  async #startPlan({
    plan,
    input,
    correlation,
  }: Extract<Step, { readonly kind: "plan" }>): Promise<readonly string[]> {
    const options = correlation === null ? {} : { correlation };
    await this.#world.startPlan(plan, input, options);
    const written = correlation === null ? [] : [this.#source.value(options, "  ")];
    const parts = [quoted(plan), this.#source.value(input, "  "), ...written];
    return [`  await world.${wrapped("startPlan(", parts, ")", "  ")};`];
  }

  /** Does with a fault what the operator did. */
  async #close(
    step: Extract<Step, { readonly kind: "redeliver" }> | Extract<Step, { readonly kind: "dismiss" }>,
  ): Promise<readonly string[]> {
    const fault = this.#world.openFaults[step.nth];
    if (fault === undefined) throw courseError(step.frame);
    const named = `world.openFaults[${step.nth}]!`;
    if (step.kind === "redeliver") {
      await this.#world.redeliver(fault);
      return [`  await world.redeliver(${named});`];
    }
    const { reason } = step;
    await this.#world.dismiss(fault, reason ?? undefined);
    const said = reason === null ? [] : [this.#source.value(reason, "  ")];
    return [`  await world.dismiss(${[named, ...said].join(", ")});`];
  }

  async #answer({
    frame,
    effect,
    nth,
    receipt,
  }: Extract<Step, { readonly kind: "answer" }>): Promise<readonly string[]> {
    const intent = this.#world.openIntents.filter(({ kind }) => kind === effect)[nth];
    if (intent === undefined) throw courseError(frame);
    await this.#world.answer(intent, receipt as Parameters<TestWorld["answer"]>[1]);
    const place = nth === 0 ? "" : `, ${nth}`;
    return [`  await world.answer(open(${quoted(effect)}${place}), ${this.#source.value(receipt, "  ")});`];
  }
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `{ s: ${ms / 1000} }` : `{ ms: ${ms} }`;
}

function fileText(
  scenario: Scenario,
  { source, body }: Lines,
  { name, folder }: GenerateOptions,
  timers: "running" | "answered",
): string {
  const start = source.start;
  const answers = body.some((line) => line.includes("world.answer(open("));
  const helper = [
    "  const open = (kind: string, nth = 0) => world.openIntents.filter((intent) => intent.kind === kind)[nth]!;",
  ];
  return [
    `/** Generated by \`airloom testgen\` from ${commentText(name)}: what the recorded world did, as a test of it. */`,
    "",
    'import { testWorld } from "airloom/testing";',
    'import { test } from "vitest";',
    "",
    ...source.declarations,
    "",
    `test(${quoted(titleOf(scenario))}, async () => {`,
    `  const world = await testWorld(new URL(${quoted(folder)}, import.meta.url), { startNs: ${start} });`,
    ...(answers ? helper : []),
    ...(timers === "answered" ? ['  world.onEffect("timer.set", () => null); // answered below'] : []),
    "",
    ...body,
    "});",
    "",
  ].join("\n");
}

function commentText(name: string): string {
  return plain(name, 200).replaceAll("*/", "* /");
}

/** `StartWork, 2 timers, WorkOk`. */
function titleOf({ steps }: Scenario): string {
  const words: { word: string; count: number }[] = [];
  for (const step of steps) {
    const word =
      step.kind === "when"
        ? shortName(step.schema)
        : step.kind === "plan"
          ? shortName(step.plan)
          : step.kind === "answer"
            ? wordOf(step)
            : step.kind;
    const last = words.at(-1);
    if (last?.word === word) last.count += 1;
    else words.push({ word, count: 1 });
  }
  const shown = words
    .slice(0, TITLE_WORDS_MAX)
    .map(({ word, count }) => (count === 1 ? word : `${count} × ${word}`));
  const more = words.length > TITLE_WORDS_MAX ? ` and ${words.length - TITLE_WORDS_MAX} more` : "";
  return words.length === 0 ? "nothing is sent" : `${shown.join(", ")}${more}`;
}

const TITLE_WORDS_MAX = 8;

function wordOf({ effect, receipt }: Extract<Step, { readonly kind: "answer" }>): string {
  const word = effect === "timer.set" ? "timer" : effect;
  return receipt.status === undefined ? word : `${word} ${receipt.status}`;
}

/** `demo/StartWork@1` -> `StartWork`. */
function shortName(name: string): string {
  return /\/([^/@]+)@/.exec(name)?.[1] ?? name;
}
