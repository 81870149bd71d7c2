/**
 * What a corpus exercises of the definitions it was recorded under: arms of reducers, steps, edges and guards of
 * plans, rules of policies, grants, and the fault codes that were met. Read from the records alone; a guard
 * counts where its outcome follows from them for certain.
 */

import type { PlanDefinition } from "../air/definitions.ts";
import type { Manifest, Plan } from "../air/manifest.ts";
import type { Frame } from "../journal/frame.ts";
import type { JournalRecord, RecordOf } from "../journal/record.ts";
import { compareText } from "../values/bytes.ts";

export const SUBJECTS = ["arm", "step", "edge", "guard", "rule", "grant"] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface CoverageItem {
  readonly subject: Subject;
  /** Whose it is: a module, a plan, a policy, or the manifest. */
  readonly owner: string;
  readonly name: string;
  /** How often it was exercised. */
  readonly count: number;
}

export interface CoverageReport {
  /** In order of subject, owner and name. */
  readonly items: readonly CoverageItem[];
  /** Codes of faults and failed plans that were met, with their number. */
  readonly faults: ReadonlyMap<string, number>;
  /** Share of the items that were exercised at least once, from 0 to 1; 1 when there is none. */
  readonly share: number;
}

/** Collects over any number of journals. */
export class Coverage {
  readonly #items = new Map<string, { item: Omit<CoverageItem, "count">; count: number }>();
  readonly #faults = new Map<string, number>();
  readonly #known = new WeakSet<Manifest>();
  #instances = new Map<bigint, Map<string, string>>();

  /** Before the frames of each journal. */
  begin(): void {
    this.#instances = new Map();
  }

  add(frame: Frame, manifest: Manifest): void {
    if (!this.#known.has(manifest)) {
      this.#known.add(manifest);
      for (const item of itemsOf(manifest)) this.#declare(item);
    }
    for (const record of frame.records) this.#record(record, manifest);
  }

  report(): CoverageReport {
    const items = [...this.#items.values()].map(({ item, count }): CoverageItem => ({ ...item, count }));
    items.sort(
      (a, b) =>
        SUBJECTS.indexOf(a.subject) - SUBJECTS.indexOf(b.subject) ||
        compareText(a.owner, b.owner) ||
        compareText(a.name, b.name),
    );
    const covered = items.filter(({ count }) => count > 0).length;
    const faults = new Map([...this.#faults].sort((a, b) => compareText(a[0], b[0])));
    return { items, faults, share: items.length === 0 ? 1 : covered / items.length };
  }

  #record(record: JournalRecord, manifest: Manifest): void {
    switch (record.kind) {
      case "delivery":
        if (record.faultCode !== null) this.#fault(record.faultCode);
        else if (record.cell !== null) this.#hit("arm", record.cell.reducer, record.arm ?? WHOLE);
        break;
      case "plan_turn":
        this.#turn(record, manifest.plans.get(record.plan));
        break;
      case "plan_ended":
        if (record.errorCode !== null) this.#fault(record.errorCode);
        this.#instances.delete(record.instance);
        break;
      case "cap_decision":
        this.#hit(
          "grant",
          "manifest",
          `${record.capName} ${record.decision === "allow" ? "allows" : "denies"}`,
        );
        break;
      case "policy_decision":
        this.#hit("rule", record.policy, ruleName(record.ruleIndex));
        break;
    }
  }

  #turn({ instance, plan, steps }: RecordOf<"plan_turn">, found: Plan | undefined): void {
    const outcomes = this.#instances.get(instance) ?? new Map<string, string>();
    this.#instances.set(instance, outcomes);
    for (const [id, outcome] of steps) {
      outcomes.set(id, outcome);
      if (outcome === "done") this.#hit("step", plan, id);
    }
    if (found === undefined) return;
    for (const [id] of steps) this.#edgesInto(found.definition, id, outcomes);
  }

  #edgesInto({ name, edges }: PlanDefinition, id: string, outcomes: ReadonlyMap<string, string>): void {
    const live = edges.filter(({ from, to }) => to === id && outcomes.get(from) === "done");
    const done = outcomes.get(id) === "done";
    for (const { from, to, when } of live) {
      const edge = `${from} -> ${to}`;
      const taken = done && (when === null || live.length === 1);
      if (taken) this.#hit("edge", name, edge);
      if (when !== null && taken) this.#hit("guard", name, `${edge} true`);
      if (when !== null && !done) this.#hit("guard", name, `${edge} false`);
    }
  }

  #declare(item: Omit<CoverageItem, "count">): void {
    const id = idOf(item);
    if (!this.#items.has(id)) this.#items.set(id, { item, count: 0 });
  }

  /** What the manifest in force does not declare (a plan pinned to an older one) is declared by being met. */
  #hit(subject: Subject, owner: string, name: string): void {
    const item = { subject, owner, name };
    this.#declare(item);
    this.#items.get(idOf(item))!.count += 1;
  }

  #fault(code: string): void {
    this.#faults.set(code, (this.#faults.get(code) ?? 0) + 1);
  }
}

/** A reducer's event that is no variant. */
const WHOLE = "event";

function idOf({ subject, owner, name }: Omit<CoverageItem, "count">): string {
  return `${subject} ${owner} ${name}`;
}

function ruleName(index: bigint | null): string {
  return index === null ? "no rule: deny" : `rule ${index}`;
}

function itemsOf(manifest: Manifest): readonly Omit<CoverageItem, "count">[] {
  return [
    ...[...manifest.reducers].flatMap(([owner, { event }]) => {
      const arms = event.type.kind === "variant" ? [...event.type.arms.keys()] : [WHOLE];
      return arms.map((name) => ({ subject: "arm", owner, name }) as const);
    }),
    ...[...manifest.plans.values()].flatMap(({ definition }) => inPlan(definition)),
    ...[...manifest.grants.keys()].map((name) => {
      return { subject: "grant", owner: "manifest", name: `${name} allows` } as const;
    }),
    ...rulesOf(manifest),
  ];
}

function inPlan({ name: owner, steps, edges }: PlanDefinition): readonly Omit<CoverageItem, "count">[] {
  return [
    ...steps.map(({ id }) => ({ subject: "step", owner, name: id }) as const),
    ...edges.flatMap(({ from, to, when }) => {
      const edge = `${from} -> ${to}`;
      const guards = when === null ? [] : [`${edge} true`, `${edge} false`];
      return [
        { subject: "edge", owner, name: edge } as const,
        ...guards.map((name) => ({ subject: "guard", owner, name }) as const),
      ];
    }),
  ];
}

function rulesOf({ policy }: Manifest): readonly Omit<CoverageItem, "count">[] {
  if (policy === null) return [];
  return policy.rules.map(
    (_, i) => ({ subject: "rule", owner: policy.name, name: ruleName(BigInt(i)) }) as const,
  );
}
