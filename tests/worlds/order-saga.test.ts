import { describe, expect, it } from "vitest";
import { applyOperator } from "../../host/plan/operators.ts";
import { text } from "../../host/values/value.ts";
import { type Answerer, refusingPort, type TestServer } from "../support/http.ts";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import { atPorts, recordedPort, serving } from "./servers.ts";
import { type Example, type ExampleOptions, openExample } from "./world.ts";

const PORT = 8735;
const at = (port: number) => ({ edit: atPorts({ [PORT]: port }) });
const ORDER = { order: "o-1", sku: "tea-250", cents: 1290 };

const open = (port: number, options: ExampleOptions = {}) =>
  openExample("order-saga", { ...at(port), ...options });
const place = (world: Example, value: object = {}) => world.send("demo/PlaceOrder@1", { ...ORDER, ...value });
const state = (world: Example, order = ORDER.order) =>
  world.state("demo/Orders@1", order) as Promise<Record<string, unknown> | null>;
const paths = (server: TestServer) => server.asked.map(({ path }) => path);
const steps = async (world: Example) =>
  (await world.recordsOfKind("plan_turn")).flatMap(({ steps: settled }) =>
    settled.filter(([, outcome]) => outcome === "done").map(([id]) => id),
  );

type Service = Answerer;
const charged: Service = (_, response, count) =>
  response.writeHead(201, { "x-charge-id": `ch-${count}` }).end();
const status =
  (code: number): Service =>
  (_, response) =>
    response.writeHead(code).end();
const hangUp: Service = (_, response) => response.destroy();
const silent: Service = () => {};

/** The four services at one address, each of which does well unless told otherwise. */
function shop(
  services: Partial<Record<"charges" | "reservations" | "refunds" | "notices", Service>> = {},
  at = 0,
): Promise<TestServer> {
  const all = {
    charges: charged,
    reservations: status(201),
    refunds: status(200),
    notices: status(202),
    ...services,
  };
  return serving((asked, response, count) => {
    all[asked.path.slice(1) as keyof typeof all](asked, response, count);
  }, at);
}

const stage = (tag: string) => ({ stage: { $tag: tag } });

describe("the world order-saga", () => {
  it("charges, reserves and tells the customer, and keeps the order's stage on the way", async () => {
    const server = await shop();
    const world = await open(server.port);
    await place(world);
    await world.idle();
    expect(await state(world)).toEqual({
      ...stage("Done"),
      sku: "tea-250",
      cents: 1290,
      charge: "ch-1",
      notified: true,
      trouble: null,
    });
    expect(server.asked).toMatchObject([
      { method: "POST", path: "/charges", headers: { "x-cents": "1290" } },
      { method: "POST", path: "/reservations", headers: { "x-order": "o-1", "x-sku": "tea-250" } },
      { method: "POST", path: "/notices", headers: { "x-order": "o-1" } },
    ]);
    const stages = (await world.recordsOfKind("domain_event")).map(({ schema }) => schema);
    expect(stages).toEqual([
      "demo/PlaceOrder@1",
      "demo/OrderPlaced@1",
      "demo/OrderPaid@1",
      "demo/OrderReserved@1",
      "demo/OrderDone@1",
    ]);
    await server.close();
    await world.replays();
  });

  const places: readonly [
    string,
    Parameters<typeof shop>[0],
    object,
    readonly string[],
    readonly string[],
  ][] = [
    [
      "the charge is refused: nothing else happens",
      { charges: status(402) },
      { ...stage("Failed"), charge: null, trouble: "the charge was refused: 402" },
      ["/charges"],
      ["charge", "charged", "charge_status", "refused"],
    ],
    [
      "the charge is answered by 500: nobody knows",
      { charges: status(500) },
      { ...stage("Unclear"), charge: null },
      ["/charges"],
      ["charge", "charged", "charge_status", "unclear"],
    ],
    [
      "the charge was made, and not named: nobody could refund it",
      { charges: status(201) },
      stage("Unclear"),
      ["/charges"],
      ["charge", "charged", "charge_status", "unclear"],
    ],
    [
      "the charge's answer is cut off: nobody knows",
      { charges: hangUp },
      stage("Unclear"),
      ["/charges"],
      ["charge", "charged", "unclear"],
    ],
    [
      "nothing can be reserved: the charge is paid back",
      { reservations: status(409) },
      { ...stage("Refunded"), charge: "ch-1", trouble: "the reservation failed or is unknown" },
      ["/charges", "/reservations", "/refunds"],
      "charge charged charge_status charge_id paid reserve reserved reserve_status refund refunded refund_status repaid".split(
        " ",
      ),
    ],
    [
      "the reservation's answer is cut off: the charge is paid back",
      { reservations: hangUp },
      stage("Refunded"),
      ["/charges", "/reservations", "/refunds"],
      "charge charged charge_status charge_id paid reserve reserved refund refunded refund_status repaid".split(
        " ",
      ),
    ],
    [
      "the refund is refused: the order says so, loudly",
      { reservations: status(503), refunds: status(404) },
      { ...stage("RefundFailed"), charge: "ch-1", trouble: expect.stringContaining("MONEY") as string },
      ["/charges", "/reservations", "/refunds"],
      "charge charged charge_status charge_id paid reserve reserved reserve_status refund refunded refund_status not_repaid".split(
        " ",
      ),
    ],
    [
      "the refund's answer is cut off: the order says so, loudly",
      { reservations: status(409), refunds: hangUp },
      { ...stage("RefundFailed"), charge: "ch-1" },
      ["/charges", "/reservations", "/refunds"],
      "charge charged charge_status charge_id paid reserve reserved reserve_status refund refunded not_repaid".split(
        " ",
      ),
    ],
    [
      "the customer cannot be told: it is done all the same",
      { notices: status(300) },
      { ...stage("Done"), notified: false, trouble: "the customer was not told" },
      ["/charges", "/reservations", "/notices"],
      "charge charged charge_status charge_id paid reserve reserved reserve_status held notify notified notify_status done_silently".split(
        " ",
      ),
    ],
    [
      "the notice's answer is cut off: it is done all the same",
      { notices: hangUp },
      { ...stage("Done"), notified: false },
      ["/charges", "/reservations", "/notices"],
      "charge charged charge_status charge_id paid reserve reserved reserve_status held notify notified done_silently".split(
        " ",
      ),
    ],
  ];
  it.each(places)("when %s", async (_, services, order, asked, done) => {
    const server = await shop(services);
    const world = await open(server.port);
    await place(world);
    await world.idle();
    expect(await state(world)).toMatchObject(order);
    expect(paths(server)).toEqual(asked);
    expect(await steps(world)).toEqual(done);
    expect(await world.recordsOfKind("plan_ended")).toMatchObject([{ status: "ok" }]);
    await server.close();
    await world.replays();
    expect(server.asked).toHaveLength(asked.length);
  });

  it.each([
    ...[307, 399, 408, 409, 425, 429].map((code) => ["charges", code, {}, "Unclear"] as const),
    ["charges", 400, {}, "Failed"],
    ["charges", 499, {}, "Failed"],
    ["notices", 299, {}, "Done"],
    ["reservations", 299, {}, "Done"],
    ["reservations", 300, {}, "Refunded"],
    ["refunds", 299, { reservations: status(409) }, "Refunded"],
    ["refunds", 300, { reservations: status(409) }, "RefundFailed"],
  ] as const)("when %s are answered by %i: at the edges of what is good", async (name, code, more, end) => {
    const server = await shop({ ...more, [name]: status(code) });
    const world = await open(server.port);
    await place(world);
    await world.idle();
    expect(await state(world)).toMatchObject(stage(end));
  });

  it("when nobody is there to charge: nobody knows", async () => {
    const world = await open(await refusingPort());
    await place(world);
    await world.idle();
    expect(await state(world)).toMatchObject({
      ...stage("Unclear"),
      trouble: expect.stringContaining("MONEY"),
    });
    await world.replays();
  });

  it.each([
    ["charges", {}, "Unclear"],
    ["reservations", {}, "Refunded"],
    ["refunds", { reservations: status(409) }, "RefundFailed"],
    ["notices", {}, "Done"],
  ] as const)(
    "when %s never answer: after their time it goes on as if they had failed",
    async (name, more, end) => {
      const server = await shop({ ...more, [name]: silent });
      const world = await open(server.port);
      await place(world);
      while (!paths(server).includes(`/${name}`)) await server.untilAsked(server.asked.length + 1);
      await world.advance(30_000_000_000n);
      await world.idle();
      expect(await state(world)).toMatchObject(stage(end));
      const statuses = (await world.recordsOfKind("effect_receipt")).map((receipt) => receipt.status);
      expect(statuses.filter((each) => each === "timeout")).toHaveLength(1);
      await world.replays();
    },
  );

  it("pays back what it charged, once for an order, under the order's own key", async () => {
    const server = await shop({ reservations: status(409) });
    const world = await open(server.port);
    await place(world);
    await world.idle();
    const refund = server.asked.find(({ path }) => path === "/refunds")!;
    expect(refund.headers["x-charge-id"]).toBe("ch-1");
    const own = applyOperator("hash", [text("o-1")]) as { readonly value: string };
    expect(`sha256:${refund.headers["idempotency-key"]}`).toBe(own.value);
  });

  it("repeats a refund where settings let the adapter, and a charge never", async () => {
    let refunds = 0;
    const server = await shop({
      reservations: status(409),
      refunds: (_, response) => response.writeHead(++refunds < 3 ? 503 : 200).end(),
      charges: (asked, response, count) =>
        asked.headers["x-cents"] === "1" ? response.writeHead(503).end() : charged(asked, response, count),
    });
    const retry = { maxAttempts: 3n, minWaitMs: 0n, maxWaitMs: 0n, base: 2n, jitterPercent: 0n };
    const http = { timeoutMs: 30_000, inFlightMax: 64, credentials: new Map(), retry };
    const world = await open(server.port, { settings: { adapters: { http } } });
    await place(world);
    await world.idle();
    expect(await state(world)).toMatchObject(stage("Refunded"));
    const keys = server.asked.filter(({ path }) => path === "/refunds").map((each) => each.headers);
    expect(keys).toHaveLength(3);
    expect(new Set(keys.map((headers) => headers["idempotency-key"])).size).toBe(1);
    const tries = (await world.recordsOfKind("effect_receipt")).map((receipt) => receipt.tries);
    expect(tries).toEqual([1n, 1n, 3n]);
    await place(world, { order: "o-2", cents: 1 });
    await world.idle();
    expect(await state(world, "o-2")).toMatchObject(stage("Unclear"));
    expect(paths(server).filter((path) => path === "/charges")).toHaveLength(2);
    await world.replays();
  });

  it("charges two orders of one amount twice, under two keys, though both ask for the same", async () => {
    const charges: (() => void)[] = [];
    const server = await shop({
      charges: (asked, response, count) => charges.push(() => charged(asked, response, count)),
    });
    const world = await open(server.port);
    await place(world);
    await place(world, { order: "o-2" });
    await server.untilAsked(2);
    for (const answer of charges) answer();
    await world.idle();
    const intents = (await world.recordsOfKind("effect_intent")).slice(0, 2);
    expect(intents[0]!.params).toEqual(intents[1]!.params);
    expect(new Set(intents.map(({ intentHash }) => String(intentHash))).size).toBe(1);
    const keys = server.asked.slice(0, 2).map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
    for (const order of ["o-1", "o-2"]) expect(await state(world, order)).toMatchObject(stage("Done"));
    expect([(await state(world, "o-1"))!.charge, (await state(world, "o-2"))!.charge].sort()).toEqual([
      "ch-1",
      "ch-2",
    ]);
    await world.replays();
  });

  it("charges an order once that is placed twice, and hears news only in their turn", async () => {
    const server = await shop();
    const world = await open(server.port);
    await place(world);
    await place(world, { cents: 5 });
    await world.idle();
    for (const [schema, more] of [
      ["demo/OrderPaid@1", { charge: "forged" }],
      ["demo/OrderReserved@1", {}],
      ["demo/OrderDone@1", { notified: false }],
      ["demo/ChargeRefused@1", { status: 402 }],
      ["demo/ChargeUnclear@1", {}],
      ["demo/OrderRefunded@1", {}],
      ["demo/RefundFailed@1", {}],
    ] as const) {
      await world.send(schema, { order: "o-1", ...more });
    }
    expect(await state(world)).toMatchObject({
      ...stage("Done"),
      charge: "ch-1",
      cents: 1290,
      notified: true,
    });
    expect(paths(server)).toEqual(["/charges", "/reservations", "/notices"]);
  });

  it("pays back an order that cannot even be asked for", async () => {
    const server = await shop();
    const world = await open(server.port);
    await place(world, { order: "zwölf" });
    await world.idle();
    expect(await state(world, "zwölf")).toMatchObject(stage("Refunded"));
    expect(paths(server)).toEqual(["/charges", "/refunds"]);
    await world.replays();
  });

  it("goes on after a restart in the middle of each request, and repeats its key", async () => {
    const held: (() => void)[] = [];
    const hold =
      (service: Service): Service =>
      (...asked) =>
        held.push(() => service(...asked));
    const server = await shop({
      charges: hold(charged),
      reservations: hold(status(409)),
      refunds: hold(status(200)),
    });
    const openAgain = await onDisk("order-saga", at(server.port));
    let world = await openAgain();
    await place(world);
    for (const asked of [1, 3, 5]) {
      await server.untilAsked(asked);
      world = await openAgain();
      await server.untilAsked(asked + 1);
      for (const give of held.splice(0)) give();
    }
    await world.idle();
    expect(await state(world)).toMatchObject(stage("Refunded"));
    expect(paths(server)).toEqual(["/charges", "/reservations", "/refunds"].flatMap((path) => [path, path]));
    const keys = server.asked.map(({ headers }) => headers["idempotency-key"]);
    for (const i of [0, 2, 4]) expect(keys[i + 1]).toBe(keys[i]);
    expect(new Set(keys).size).toBe(3);
    await world.replays();
  });

  it("is kept as a recording", async () => {
    let reservations = 0;
    const server = await shop(
      {
        charges: (asked, response, count) =>
          asked.headers["x-cents"] === "7"
            ? response.writeHead(402).end("no")
            : charged(asked, response, count),
        reservations: (_, response) => {
          reservations += 1;
          if (reservations === 3) response.destroy();
          else response.writeHead(reservations === 1 ? 201 : 409).end("sold out");
        },
        refunds: (_, response) => response.writeHead(reservations === 2 ? 200 : 500).end(),
      },
      recordedPort("order-saga", PORT),
    );
    const world = await open(server.port);
    for (const [order, cents] of [
      ["o-1", 1290],
      ["o-2", 1290],
      ["o-3", 1290],
      ["o-4", 7],
    ] as const) {
      await place(world, { order, cents });
      await world.idle();
      if (order === "o-2") await world.engine.snapshot();
    }
    const stages = [];
    for (const order of ["o-1", "o-2", "o-3", "o-4"]) stages.push((await state(world, order))!.stage);
    expect(stages).toEqual(["Done", "Refunded", "RefundFailed", "Failed"].map((tag) => ({ $tag: tag })));
    await world.replays();
    await keepRecording("order-saga", world.journal);
  });
});
