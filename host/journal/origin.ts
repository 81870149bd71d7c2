/** Who emitted an effect. */
export interface Origin {
  readonly kind: "reducer" | "plan" | "workflow";
  /** Name of the module or plan. */
  readonly name: string;
}
