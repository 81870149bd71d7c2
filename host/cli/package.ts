import { fileURLToPath } from "node:url";

/** The package's folder: two folders up from here, built, bundled or not. */
export const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
