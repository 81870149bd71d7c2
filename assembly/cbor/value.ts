import { Writer } from "./writer";

/** What every generated class of a schema can do. */
export interface Value {
  /** Name of the schema, version included. */
  schema(): string;
  /** Writes the value in canonical form. */
  encode(w: Writer): void;
}

/** AIR's `unit`: a type with one value. */
export enum Unit {
  unit,
}
