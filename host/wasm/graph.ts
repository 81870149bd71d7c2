/**
 * Who calls whom. An indirect call counts as a call of every function of its type that a table may hold.
 *
 * G1 A call lies on a cycle when its function can be reached again from what it calls; such calls are charged
 * to the stack budget. G2 All other calls form chains; admission bounds the longest.
 */

import type { FunctionScan } from "./scan.ts";
import { MARK, MARK_LENGTH } from "./scan.ts";
import type { FunctionType, Structure } from "./structure.ts";

export interface CallGraph {
  /** Whether a call from a function lies on a cycle; `target` as in a call's mark. */
  onCycle(from: number, target: number): boolean;
  /** Functions that call one another, or themselves; one list for each cycle. */
  readonly cycles: readonly (readonly number[])[];
  /** The chain of calls that takes the most stack, outermost first, and the bytes it takes. */
  readonly chain: readonly number[];
  readonly chainBytes: number;
}

/** Slots of 8 bytes that the engine uses for a frame beside the function's own values. */
const FRAME_SLOTS = 8;
const SLOT_BYTES = 8;
/** Locals the rewriter may add to a function (instrument.ts): an address and a value of each type. */
const SCRATCH_SLOTS = 5;

/**
 * Stack of one call, in bytes. Baseline code keeps every parameter, local and operand in a slot of 8 bytes, and
 * beside them what it hands to the functions it calls and gets from them; optimised code is no larger by more
 * than the budget allows for (half of the engine's stack is left).
 */
export function frameBytes(scan: FunctionScan): number {
  const added = scan.marks.some((kind, i) => i % MARK_LENGTH === 0 && NEEDS_SCRATCH.has(kind));
  const scratch = added ? SCRATCH_SLOTS : 0;
  const own = scan.parameters + scan.locals + scratch + scan.heightMax;
  return SLOT_BYTES * (FRAME_SLOTS + own + scan.callValuesMax);
}

const NEEDS_SCRATCH = new Set<number>([MARK.store, MARK.float]);

/** `scans`: of every function the module defines, in order. */
export function callGraph(structure: Structure, scans: readonly FunctionScan[]): CallGraph {
  const imported = structure.importedFunctions;
  const groups = groupTypes(structure.types);
  const indirect = (type: number) => structure.functions.length + (groups[type] ?? 0);
  const edges = edgesOf(structure, scans, groups, indirect);
  const components = findComponents(edges);
  const frames = edges.map((_, node) => {
    const scan = node < imported ? undefined : scans[node - imported];
    return scan === undefined ? 0 : frameBytes(scan);
  });
  const nodeOf = (target: number) => (target < 0 ? indirect(-1 - target) : target);
  return {
    onCycle: (from, target) => components.of[from] === components.of[nodeOf(target)],
    cycles: cyclesOf(edges, components, structure.functions.length),
    ...longestChain(edges, components, frames, structure.functions.length),
  };
}

/** For each type the number of the first type that is equal to it: indirect calls compare by structure. */
function groupTypes(types: readonly FunctionType[]): readonly number[] {
  const first = new Map<string, number>();
  return types.map(({ parameters, results }, i) => {
    const key = `${parameters} ${results}`;
    const known = first.get(key) ?? i;
    first.set(key, known);
    return known;
  });
}

type Edges = readonly (readonly number[])[];

/** Nodes are the functions, then one for each type, which stands between indirect calls and their targets. */
function edgesOf(
  structure: Structure,
  scans: readonly FunctionScan[],
  groups: readonly number[],
  indirect: (type: number) => number,
): Edges {
  const count = structure.functions.length;
  const edges: number[][] = Array.from({ length: count + structure.types.length }, () => []);
  const referenced = new Set(structure.referenced);
  for (const scan of scans) {
    for (const index of scan.referenced) referenced.add(index);
    const out = edges[scan.index]!;
    for (const callee of scan.calls) if (callee < count) out.push(callee);
    for (const type of scan.indirectTypes) if (type < groups.length) out.push(indirect(type));
  }
  for (const index of referenced) {
    const type = structure.functions[index];
    if (type !== undefined && type < groups.length) edges[indirect(type)]!.push(index);
  }
  return edges;
}

interface Components {
  /** By node; a component's number is larger than those of all it calls. */
  readonly of: Int32Array;
  readonly members: readonly (readonly number[])[];
}

/** Tarjan's strongly connected components, without recursion: modules choose how deep this goes. */
function findComponents(edges: Edges): Components {
  const order = new Int32Array(edges.length).fill(-1);
  const low = new Int32Array(edges.length);
  const of = new Int32Array(edges.length).fill(-1);
  const next = new Int32Array(edges.length);
  const members: number[][] = [];
  const open: number[] = [];
  let count = 0;
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const path = [root];
    while (path.length > 0) {
      const node = path.at(-1)!;
      if (order[node] === -1) {
        order[node] = count;
        low[node] = count++;
        open.push(node);
      }
      const target = edges[node]![next[node]!];
      if (target !== undefined) {
        next[node]! += 1;
        if (order[target] === -1) path.push(target);
        else if (of[target] === -1) low[node] = Math.min(low[node]!, order[target]!);
        continue;
      }
      path.pop();
      if (low[node] === order[node]) members.push(close(node, open, of, members.length));
      const caller = path.at(-1);
      if (caller !== undefined) low[caller] = Math.min(low[caller]!, low[node]!);
    }
  }
  return { of, members };
}

function close(node: number, open: number[], of: Int32Array, component: number): number[] {
  const members: number[] = [];
  for (;;) {
    const member = open.pop()!;
    of[member] = component;
    members.push(member);
    if (member === node) return members;
  }
}

function cyclesOf(edges: Edges, { members }: Components, functions: number): number[][] {
  return members
    .filter((nodes) => nodes.length > 1 || edges[nodes[0]!]!.includes(nodes[0]!))
    .map((nodes) => nodes.filter((node) => node < functions).sort((a, b) => a - b));
}

/** Components come callees first, so that one pass finds the chain below each. */
function longestChain(
  edges: Edges,
  { of, members }: Components,
  frames: readonly number[],
  functions: number,
): Pick<CallGraph, "chain" | "chainBytes"> {
  const bytes = new Float64Array(members.length);
  const below = new Int32Array(members.length).fill(-1);
  const largest = members.map((nodes) => nodes.reduce((a, b) => (frames[b]! > frames[a]! ? b : a)));
  let top = -1;
  for (const [component, nodes] of members.entries()) {
    for (const node of nodes) {
      for (const target of edges[node]!) {
        const other = of[target]!;
        if (other === component) continue;
        if (below[component] === -1 || bytes[other]! > bytes[below[component]!]!) below[component] = other;
      }
    }
    const rest = below[component] === -1 ? 0 : bytes[below[component]!]!;
    bytes[component] = frames[largest[component]!]! + rest;
    if (top === -1 || bytes[component]! > bytes[top]!) top = component;
  }
  const chain: number[] = [];
  for (let at = top; at !== -1; at = below[at]!) if (largest[at]! < functions) chain.push(largest[at]!);
  return { chain, chainBytes: top === -1 ? 0 : bytes[top]! };
}
