/**
 * A recording in which values stand in for others: the ingress is substituted, the run made again with the same
 * stamps, and the new records written. Nothing of the old run is kept but what entered beside values; who sent
 * what, and under which id, is replaced as well, since a digest of a guessable text can be guessed.
 *
 * What entered is read through first, so that no substitute is a real value of another place. Then the run is made
 * twice: once to learn what is replaced and whether the course stays, once to write, when every secret is known and
 * every byte can be searched for it.
 */

import type { Manifest } from "../../air/manifest.ts";
import { intentId } from "../../effects/intent.ts";
import type { Frame, Entry as FrameEntry } from "../../journal/frame.ts";
import type { Sealed } from "../../kernel/draft.ts";
import type { Ingress } from "../../kernel/ingress.ts";
import type { FindModule } from "../../runtime/definitions.ts";
import type { IntentId } from "../../values/brand.ts";
import { fromHex, utf8 } from "../../values/bytes.ts";
import { AirloomError, bug } from "../../values/errors.ts";
import type { Value } from "../../values/value.ts";
import { entryOf, type FindDefinitions, ingressOf } from "../core/feed.ts";
import { FaultPlaces } from "../faults.ts";
import { recordedModules } from "../recording/assemble.ts";
import type { Entry, RecordedBlob, RecordingHeader } from "../recording/entry.ts";
import { Footing } from "../recording/footing.ts";
import { RecordedDefinitions } from "../recording/typing.ts";
import { verifyRecording } from "../recording/verify.ts";
import { RerunWorld, statesOf } from "../rerun.ts";
import { Course } from "./course.ts";
import { substituteIngress } from "./ingress.ts";
import { Secrets } from "./leaks.ts";
import { checkPaths, type RedactPath } from "./paths.ts";
import { idOf, Substitutes } from "./substitutes.ts";
import { secretIn, whereIs } from "./where.ts";
import { DefinitionWords } from "./words.ts";

export interface RedactOptions {
  readonly paths: readonly RedactPath[];
  /** Decides the substitutes: the same salt gives the same ones. */
  readonly salt: Uint8Array;
  /** Finds modules that the recording does not carry. */
  readonly findModule: FindModule;
  /** Name and version of this engine. */
  readonly engine: string;
}

export interface Redacted {
  readonly entries: AsyncIterable<Entry>;
  /** Changed places as `frame/field.path`, in order. */
  readonly changed: readonly string[];
  /** Paths that led to no value that changed. */
  readonly unused: readonly string[];
  /** Places whose value has no other one of its class, and stays. */
  readonly kept: readonly string[];
  /** Places of values that the definitions say too: those are not looked for anywhere else. */
  readonly exempt: readonly string[];
}

/**
 * `open` gives the recording's entries, from the beginning each time. Throws `redact.bad_path`,
 * `redact.other_course` (with frame, record and field) where the run with substitutes is another one,
 * `redact.leak` where a value that is replaced in one place still stands in another (all kind `request`), and
 * what verifying and running a recording throw.
 */
export async function redact(open: () => AsyncIterable<Entry>, options: RedactOptions): Promise<Redacted> {
  const { root } = await verifyRecording(open());
  const substitutes = new Substitutes(options.salt);
  await avoidReal(open(), options, substitutes);
  const changed: string[] = [];
  const kept = new Set<string>();
  const used = new Set<RedactPath>();
  const places = new Map<string, string>();
  const notes: Notes = {
    changed: (place) => changed.push(place),
    kept: (place) => kept.add(place),
    used: (path) => used.add(path),
    replaced: (scalar, place) => {
      const id = idOf(scalar)!;
      if (!places.has(id)) places.set(id, place);
    },
  };
  const manifests: Manifest[] = [];
  for await (const _ of rerun(open(), options, substitutes, notes, (found) => manifests.push(found)));
  checkPaths(options.paths, manifests);
  const { secrets, exempt } = secretsOf(substitutes, manifests);
  const redaction = { root: fromHex(root)!, paths: changed };
  const header = (before: RecordingHeader): RecordingHeader => ({
    ...before,
    engine: options.engine,
    redaction,
  });
  return {
    entries: written(open, options, substitutes, secrets, header),
    changed,
    unused: options.paths.filter((path) => !used.has(path)).map(({ text }) => text),
    kept: [...kept],
    exempt: exempt.map((scalar) => places.get(idOf(scalar)!)!),
  };
}

/** What a run tells of what it replaces. */
export interface Notes {
  changed(place: string): void;
  kept(place: string): void;
  used(path: RedactPath): void;
  replaced(scalar: Value, place: string): void;
}

const SILENT: Notes = { changed: () => {}, kept: () => {}, used: () => {}, replaced: () => {} };

/** Tells the substitutes of every value that is to be replaced. */
async function avoidReal(
  entries: AsyncIterable<Entry>,
  { paths, findModule }: RedactOptions,
  substitutes: Substitutes,
): Promise<void> {
  const carried = new RecordedDefinitions();
  const { definitions } = recordedModules(carried, findModule);
  const reader = {
    of(scalar: Value): Value {
      substitutes.avoid(scalar);
      return scalar;
    },
    name: () => "",
  };
  let manifest: Manifest | null = null;
  for await (const entry of entries) {
    if (entry.kind === "blob") carried.add(entry.blob);
    if (entry.kind !== "frame") continue;
    const ingress = await ingressOf(entry.frame, definitions);
    if (ingress.kind === "genesis" || ingress.kind === "manifest") manifest = ingress.definitions.manifest;
    // What is carried again entered before.
    else if (ingress.kind !== "redeliver")
      substituteIngress(
        entry.frame,
        ingress,
        manifest,
        { paths, substitutes: reader, notes: SILENT },
        { faults: new FaultPlaces(), reworded: new Set() },
      );
  }
}

interface Sought {
  readonly secrets: AllSecrets;
  /** What is replaced and not looked for. */
  readonly exempt: readonly Value[];
}

interface AllSecrets {
  readonly inData: Secrets;
  /** Code holds words of its own, so that only long ones are looked for there. */
  readonly inCode: Secrets;
}

/** A text of a module this long is hardly there by chance. */
const CODE_TEXT_MIN = 8;

function secretsOf(substitutes: Substitutes, manifests: readonly Manifest[]): Sought {
  const words = new DefinitionWords(manifests);
  const exempt: Value[] = [];
  const secrets = { inData: new Secrets(), inCode: new Secrets() };
  for (const scalar of substitutes.replaced()) {
    if (words.has(scalar)) {
      exempt.push(scalar);
      continue;
    }
    secrets.inData.addValue(scalar, (spelling) => words.hasSpelling(spelling));
    if (scalar.kind !== "text" || scalar.value.length < CODE_TEXT_MIN) continue;
    secrets.inCode.add(utf8(scalar.value));
    // As AssemblyScript keeps it.
    secrets.inCode.add(Buffer.from(scalar.value, "utf16le"));
  }
  return { secrets, exempt };
}

async function* written(
  open: () => AsyncIterable<Entry>,
  options: RedactOptions,
  substitutes: Substitutes,
  secrets: AllSecrets,
  headerFrom: (before: RecordingHeader) => RecordingHeader,
): AsyncIterable<Entry> {
  const footing = new Footing();
  let header: RecordingHeader | null = null;
  for await (const step of rerun(open(), options, substitutes, SILENT, () => {})) {
    if (step.kind === "header") {
      header = headerFrom(step.header);
      yield { kind: "header", header };
    } else if (step.kind === "blob") {
      refuseCarried(secrets, step.blob);
      yield step;
    } else {
      refuseLeak(secrets.inData, step);
      for (const blob of step.states) yield { kind: "blob", blob };
      yield { kind: "frame", frame: step.frame };
      footing.add(step.frame);
    }
  }
  if (header === null) throw bug("a verified recording without a header");
  yield { kind: "footer", footer: footing.footer(header, () => null) };
}

type Step =
  | { readonly kind: "header"; readonly header: RecordingHeader }
  | { readonly kind: "blob"; readonly blob: RecordedBlob }
  | Rerun;

interface Rerun {
  readonly kind: "frame";
  readonly frame: Frame;
  /** States that stand beside their deliveries. */
  readonly states: readonly RecordedBlob[];
  readonly manifest: Manifest;
}

/** The recording's entries with each frame made again. */
async function* rerun(
  entries: AsyncIterable<Entry>,
  { paths, findModule }: Pick<RedactOptions, "paths" | "findModule">,
  substitutes: Substitutes,
  notes: Notes,
  onManifest: (manifest: Manifest) => void,
): AsyncIterable<Step> {
  const carried = new RecordedDefinitions();
  const { modules, definitions } = recordedModules(carried, findModule);
  const known: FindDefinitions = async (manifest, settings) => {
    const found = await definitions(manifest, settings);
    onManifest(found.manifest);
    return found;
  };
  const run = new RerunWorld(modules);
  const course = new Course();
  const faults = new FaultPlaces();
  const reworded = new Set<IntentId>();
  for await (const entry of entries) {
    if (entry.kind === "header") yield entry;
    else if (entry.kind === "blob") {
      carried.add(entry.blob);
      if (entry.blob.role === "node" || entry.blob.role === "settings" || entry.blob.role === "module")
        yield entry;
    } else if (entry.kind === "frame") {
      const { frame } = entry;
      const ingress = await ingressOf(frame, known);
      const redaction = { paths, substitutes, notes };
      const soFar = { faults, reworded };
      const substituted = substituteIngress(frame, ingress, run.manifest, redaction, soFar);
      if (ingress.kind === "receipt") reworded.delete(ingress.intent);
      const sealed = enter(run, frame, substituted, anonymous(frame, substitutes, notes));
      const manifest = run.manifest!;
      faults.note(frame, sealed.frame, run.isBusy);
      const difference = course.compare(frame, sealed.frame, manifest);
      if (difference !== null) throw otherCourse(frame, difference);
      for (const intent of rewordedIn(frame, sealed.frame)) reworded.add(intent);
      yield { kind: "frame", frame: sealed.frame, states: statesOf(sealed), manifest };
    }
  }
}

/** The world must take everything it took before. */
function enter(run: RerunWorld, before: Frame, ingress: Ingress, entry: FrameEntry): Sealed {
  try {
    const sealed = run.step(ingress, entry);
    if (sealed !== null) return sealed;
  } catch (error) {
    if (!(error instanceof AirloomError) || (error.kind !== "request" && error.kind !== "retry")) throw error;
    throw otherCourse(before, { record: 0, kind: before.records[0]!.kind, field: error.code });
  }
  throw otherCourse(before, { record: 0, kind: "effect_receipt", field: "receipt.unknown" });
}

/** The stamp as it was, the sender as nobody can know it. */
function anonymous(frame: Frame, substitutes: Substitutes, notes: Notes): FrameEntry {
  const entry = entryOf(frame);
  const { by, ingressId, requestDigest } = entry;
  const place = String(frame.head.frame);
  if (by !== null) notes.changed(`${place}/by`);
  if (ingressId !== null) notes.changed(`${place}/ingress_id`);
  if (requestDigest !== null) notes.changed(`${place}/request_digest`);
  return {
    ...entry,
    by: by === null ? null : `redacted-${substitutes.name(by)}`,
    ingressId: ingressId === null ? null : `redacted-${substitutes.name(ingressId)}`,
    requestDigest: requestDigest === null ? null : substitutes.bytes(`request ${place}`, 0, 32),
  };
}

/** Intents of a frame that ask something else than they did; both frames have the same course. */
function rewordedIn(before: Frame, after: Frame): readonly IntentId[] {
  return before.records.flatMap((record, i) => {
    const other = after.records[i];
    if (record.kind !== "effect_intent" || other?.kind !== "effect_intent") return [];
    return record.intentHash === other.intentHash
      ? []
      : [intentId(before.head.frame, Number(record.ordinal))];
  });
}

function refuseLeak(secrets: Secrets, step: Rerun): void {
  if (secrets.count === 0) return;
  const secret = secretIn(secrets, step);
  if (secret === null) return;
  const { frame } = step.frame.head;
  const { record, field, path } = whereIs(secret, step, step.manifest);
  const more = path === null ? "" : `; redact ${path} as well`;
  const message = `frame ${frame}, record ${record}: ${field} still holds a value that is replaced elsewhere${more}`;
  throw new AirloomError("request", "redact.leak", message, { fields: { frame, record, field, path } });
}

/** Definitions, settings and modules stand in the recording as they are. */
function refuseCarried(secrets: AllSecrets, { role, hash, bytes }: RecordedBlob): void {
  const found = (role === "module" ? secrets.inCode : secrets.inData).find(bytes);
  if (found === null) return;
  const message = `the ${WORDS[role]} ${hash} holds a value that is replaced elsewhere`;
  throw new AirloomError("request", "redact.leak", message, { fields: { role, hash } });
}

const WORDS = { node: "definition", settings: "settings", module: "module", state: "state" } as const;

function otherCourse(
  frame: Frame,
  { record, kind, field }: { readonly record: number; readonly kind: string; readonly field: string },
): AirloomError {
  const message = `with substitutes the run takes another course: frame ${frame.head.frame}, record ${record} (${kind}), ${field}`;
  return new AirloomError("request", "redact.other_course", message, {
    fields: { frame: frame.head.frame, record, kind, field },
  });
}
