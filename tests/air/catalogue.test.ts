/** The built-in catalogue against the hashes AIR's manifests refer to it by. */

import { describe, expect, test } from "vitest";
import { catalogue } from "../../host/air/catalogue.ts";
import { compileSchemas } from "../../host/values/schema.ts";

/** The first digits of each hash. */
const SCHEMAS: readonly (readonly [string, string])[] = [
  ["sys/TimerSetParams@1", "e0aac16a1b"],
  ["sys/TimerSetReceipt@1", "0ed8dd482f"],
  ["sys/TimerFired@1", "59ad36be71"],
  ["sys/ReducerContext@1", "4df413c919"],
  ["sys/PureContext@1", "0a30a9f083"],
  ["sys/BlobPutParams@1", "3ce2340666"],
  ["sys/BlobPutReceipt@1", "69e2f41ef2"],
  ["sys/BlobGetParams@1", "1d8bad1fd8"],
  ["sys/BlobGetReceipt@1", "c9585ec898"],
  ["sys/BlobPutResult@1", "abb2f55e50"],
  ["sys/BlobGetResult@1", "2f7f8e16be"],
  ["sys/HttpRequestParams@1", "1076181a81"],
  ["sys/HttpRequestReceipt@1", "d1306ac0b7"],
  ["sys/LlmToolChoice@1", "00969c7dba"],
  ["sys/LlmGenerateParams@1", "9640fea695"],
  ["sys/LlmGenerateReceipt@1", "47a98b001e"],
  ["sys/CapCheckInput@1", "ca95dd9350"],
  ["sys/CapCheckOutput@1", "b831565014"],
  ["sys/SecretRef@1", "d17fde2158"],
  ["sys/TextOrSecretRef@1", "820ac7bb9d"],
  ["sys/BytesOrSecretRef@1", "8758c0ac7f"],
  ["sys/VaultPutParams@1", "19e9076fbd"],
  ["sys/VaultPutReceipt@1", "1051f0cdc0"],
  ["sys/VaultRotateParams@1", "593dc30f63"],
  ["sys/VaultRotateReceipt@1", "924d30aa45"],
  ["sys/GovPatchInput@1", "bbe7ed40c6"],
  ["sys/GovPatchSummary@1", "3b1cf8aab2"],
  ["sys/GovProposeParams@1", "6055064b4b"],
  ["sys/GovProposeReceipt@1", "3f341a284d"],
  ["sys/GovShadowParams@1", "59b989cda9"],
  ["sys/GovShadowReceipt@1", "8a5227abed"],
  ["sys/GovApproveParams@1", "6c99554071"],
  ["sys/GovApproveReceipt@1", "ff9b79090e"],
  ["sys/GovApplyParams@1", "e5ea686e16"],
  ["sys/GovApplyReceipt@1", "b0a7e5f84a"],
  ["sys/GovActionRequested@1", "8d8b25557f"],
  ["sys/WorkspaceName@1", "534e93d64b"],
  ["sys/WorkspaceRef@1", "687f0fd522"],
  ["sys/HttpPublishRule@1", "75a4ab01b7"],
  ["sys/HttpPublishRegistry@1", "d6169c39f8"],
  ["sys/HttpPublishSet@1", "b38dbf94a7"],
  ["sys/WorkspaceCommitMeta@1", "07e7e2788b"],
  ["sys/WorkspaceHistory@1", "3dcdd0f0eb"],
  ["sys/WorkspaceCommit@1", "b8c3dd7053"],
  ["sys/WorkspaceEntry@1", "ae3b567fef"],
  ["sys/WorkspaceTree@1", "0a5ec49db6"],
  ["sys/WorkspaceEntry@2", "2a1a7dcaa7"],
  ["sys/WorkspaceTree@2", "12f96e0b16"],
  ["sys/WorkspaceAnnotations@1", "431ee528c1"],
  ["sys/WorkspaceAnnotationsPatch@1", "469f4cb3fd"],
  ["sys/WorkspaceResolveParams@1", "ad9fa78e75"],
  ["sys/WorkspaceResolveReceipt@1", "945b1ab04b"],
  ["sys/WorkspaceListParams@1", "e231d2d2b6"],
  ["sys/WorkspaceListEntry@1", "ab84beb43e"],
  ["sys/WorkspaceListReceipt@1", "1090d4237d"],
  ["sys/WorkspaceReadRefParams@1", "c660a83f66"],
  ["sys/WorkspaceRefEntry@1", "e8700b0a8b"],
  ["sys/WorkspaceReadRefReceipt@1", "df9963c006"],
  ["sys/WorkspaceReadBytesParams@1", "36017af19e"],
  ["sys/WorkspaceReadBytesReceipt@1", "7d7f002135"],
  ["sys/WorkspaceWriteBytesParams@1", "80430bb75a"],
  ["sys/WorkspaceWriteBytesReceipt@1", "dc5b6e5d23"],
  ["sys/WorkspaceRemoveParams@1", "95bff12d57"],
  ["sys/WorkspaceRemoveReceipt@1", "1a04b62f7c"],
  ["sys/WorkspaceDiffParams@1", "ea5c9f8897"],
  ["sys/WorkspaceDiffChange@1", "358b28d0d6"],
  ["sys/WorkspaceDiffReceipt@1", "1b474a2816"],
  ["sys/WorkspaceAnnotationsGetParams@1", "2e482700de"],
  ["sys/WorkspaceAnnotationsGetReceipt@1", "a55b8736b1"],
  ["sys/WorkspaceAnnotationsSetParams@1", "db3dc651d5"],
  ["sys/WorkspaceAnnotationsSetReceipt@1", "04ec7db4b3"],
  ["sys/WorkspaceEmptyRootParams@1", "56303616b8"],
  ["sys/WorkspaceEmptyRootReceipt@1", "1c078910cf"],
  ["sys/ReadMeta@1", "a73772eee2"],
  ["sys/IntrospectManifestParams@1", "cf54fd6797"],
  ["sys/IntrospectManifestReceipt@1", "3fb7aa364d"],
  ["sys/IntrospectReducerStateParams@1", "78f389fcb0"],
  ["sys/IntrospectReducerStateReceipt@1", "a7f2eed92b"],
  ["sys/IntrospectJournalHeadParams@1", "1d6e0e14d9"],
  ["sys/IntrospectJournalHeadReceipt@1", "ee06ed9876"],
  ["sys/IntrospectListCellsParams@1", "a307f7595f"],
  ["sys/IntrospectListCellsReceipt@1", "5d912874f5"],
];

const EFFECTS: readonly (readonly [string, string])[] = [
  ["sys/http.request@1", "7c90be7f46"],
  ["sys/blob.put@1", "d60fa07f0c"],
  ["sys/blob.get@1", "29fc70eeda"],
  ["sys/timer.set@1", "a8935eac8a"],
  ["sys/llm.generate@1", "0ab11705d9"],
  ["sys/vault.put@1", "42249e3735"],
  ["sys/vault.rotate@1", "b9ee257256"],
  ["sys/governance.propose@1", "778bc887cf"],
  ["sys/governance.shadow@1", "1c2a551cb4"],
  ["sys/governance.approve@1", "ec464f1958"],
  ["sys/governance.apply@1", "b7702de6c9"],
  ["sys/workspace.resolve@1", "a759ee3082"],
  ["sys/workspace.empty_root@1", "548345b362"],
  ["sys/workspace.list@1", "f8f676a901"],
  ["sys/workspace.read_ref@1", "284a1a2c0d"],
  ["sys/workspace.read_bytes@1", "8075da841d"],
  ["sys/workspace.write_bytes@1", "01d1cc6ba0"],
  ["sys/workspace.remove@1", "c9b2364439"],
  ["sys/workspace.diff@1", "6aa3a8e9be"],
  ["sys/workspace.annotations_get@1", "b27ddada14"],
  ["sys/workspace.annotations_set@1", "b0ac914ac9"],
  ["sys/introspect.manifest@1", "b67e48bd78"],
  ["sys/introspect.reducer_state@1", "09c09a5f04"],
  ["sys/introspect.journal_head@1", "b6da714476"],
  ["sys/introspect.list_cells@1", "ddb591f6ef"],
];

const CAPS: readonly (readonly [string, string])[] = [
  ["sys/query@1", "893d3444a26a5216"],
  ["sys/timer@1", "48f6a2aefe397cac"],
  ["sys/blob@1", "00f3724038db3d6e"],
  ["sys/http.out@1", "a0d48eba0852be73"],
  ["sys/llm.basic@1", "a0761534ca1789c0"],
  ["sys/secret@1", "bfe4e62a2fe07590"],
  ["sys/workspace@1", "387f5f15fcf775ce"],
  ["sys/governance@1", "720bebe356ec50c5"],
];

/** Without and with `$kind`. */
const MODULES: readonly (readonly [string, string, string])[] = [
  ["sys/CapEnforceHttpOut@1", "fb9344c23da81f2f", "28b5413feee4cf38"],
  ["sys/CapEnforceLlmBasic@1", "fe31c355b32e4043", "23fa6ec33af0db55"],
  ["sys/CapEnforceGovernance@1", "664ee8b93a49295a", "bfd21c6aebf1a2c7"],
  ["sys/CapEnforceWorkspace@1", "92f0bbd4fe500bef", "681ac88aeb7992f8"],
  ["sys/Workspace@1", "a4db6de6ac9159b1", "619b3e52cf38f9ea"],
  ["sys/HttpPublish@1", "a5baff499a90ecb0", "9f5d47e845d1f1ab"],
];

const { schemas, effects, caps, modules, hashes, moduleNodeHashes } = catalogue();

function prefix(name: string, digits: string): string {
  return hashes.get(name)!.slice("sha256:".length, "sha256:".length + digits.length);
}

describe("the built-in catalogue", () => {
  test.each(SCHEMAS)("has the schema %s with its hash", (name, digits) => {
    expect(schemas.has(name)).toBe(true);
    expect(prefix(name, digits)).toBe(digits);
  });

  test.each(EFFECTS)("has the effect %s with its hash", (name, digits) => {
    expect(`sys/${effects.get(name)?.effectKind}@1`).toBe(name);
    expect(prefix(name, digits)).toBe(digits);
  });

  test.each(CAPS)("has the capability %s with its hash", (name, digits) => {
    expect(caps.has(name)).toBe(true);
    expect(prefix(name, digits)).toBe(digits);
  });

  test.each(MODULES)("has the module %s with both its hashes", (name, without, withKind) => {
    expect(modules.has(name)).toBe(true);
    expect(prefix(name, without)).toBe(without);
    expect(moduleNodeHashes.get(name)!.slice(7, 7 + withKind.length)).toBe(withKind);
  });

  test("holds nothing else but the context of the workflow spelling", () => {
    expect(schemas.size).toBe(SCHEMAS.length + 1);
    expect(schemas.has("sys/WorkflowContext@1")).toBe(true);
    expect([effects.size, caps.size, modules.size]).toEqual([EFFECTS.length, CAPS.length, MODULES.length]);
  });

  test("is closed: every schema it refers to is in it", () => {
    const all = new Map([...schemas].map(([name, { type }]) => [name, type]));
    expect(compileSchemas(all).size).toBe(schemas.size);
    for (const { paramsSchema, receiptSchema } of effects.values()) {
      expect([schemas.has(paramsSchema), schemas.has(receiptSchema)]).toEqual([true, true]);
    }
  });
});
