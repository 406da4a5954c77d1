import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { KubeCluster } from "../../live/kubeCluster";
import { requestError } from "../../live/requests";
import { capturedLog, useEngine } from "./support/engine";

/** Long enough for an answer on a busy machine. */
const patience = { attemptLimit: 2000, attempts: 3, pause: 1 };
/** For a server that never answers. */
const impatience = { ...patience, attemptLimit: 60 };

/** What an API server says of an error. */
const status = (code: number, message: string) => JSON.stringify({ kind: "Status", status: "Failure", code, message });

describe("a request to the API server", () => {
  let server: Server;
  let cluster: KubeCluster;
  /** Answers the requests in turn, and the last one all that follow. */
  let answers: RequestListener[];
  let requests: number;

  const answer =
    (code: number, body = "", headers: Record<string, string> = {}): RequestListener =>
    (_, response) => {
      response.writeHead(code, { "content-type": "application/json", ...headers }).end(body);
    };
  const hang: RequestListener = () => undefined;
  const close: RequestListener = ({ socket }) => socket.destroy();
  /** Begins to answer, and does not go on. */
  const stall: RequestListener = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write("{");
  };
  const found = answer(200, '{"metadata":{"name":"cart"},"spec":{}}');

  before(() => useEngine());

  beforeEach(async () => {
    requests = 0;
    server = createServer((request, response) => {
      answers[Math.min(requests, answers.length - 1)]?.(request, response);
      requests += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cluster = clusterAt(server);
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function clusterAt(server: Server, limits = patience): KubeCluster {
    const { port } = server.address() as AddressInfo;
    const kubeconfig = JSON.stringify({
      "current-context": "shop",
      clusters: [
        { name: "shop", cluster: { server: `http://127.0.0.1:${String(port)}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "ann", user: {} }],
      contexts: [{ name: "shop", context: { cluster: "shop", user: "ann" } }],
    });
    return new KubeCluster({ kubeconfig }, limits);
  }

  const read = () => cluster.statefulSet("shop", "cart");
  const problem = () =>
    read().then(
      () => assert.fail("there was an answer"),
      (error: unknown) => requestError(error),
    );

  for (const [what, first] of [
    ["is busy", answer(429, status(429, "too many requests"))],
    ["has an error", answer(500, status(500, "etcd has no leader"))],
    ["is behind a proxy that does not reach it", answer(503)],
    ["closes the connection", close],
    ["does not answer", hang],
    ["stops in the middle of the answer", stall],
  ] as const) {
    it(`is sent again if the API server ${what}`, async () => {
      answers = [first, found];
      assert.equal((await read())?.metadata?.name, "cart");
      assert.equal(requests, 2);
    });
  }

  it("waits as long as the API server asks for, within a bound", async () => {
    const took = async (retryAfter: string) => {
      answers = [answer(429, "", { "retry-after": retryAfter }), found];
      requests = 0;
      const start = performance.now();
      await cluster.statefulSet("shop", "cart");
      return performance.now() - start;
    };
    assert.ok((await took("0.04")) >= 39);
    assert.ok((await took("3600")) >= patience.attemptLimit - 1);
    assert.ok((await took("Fri, 31 Dec 1999 23:59:59 GMT")) < patience.attemptLimit);
  });

  it("ends with the API server's own words when it never succeeds", async () => {
    answers = [answer(500, status(500, "etcd has no leader"))];
    assert.equal(await problem(), "etcd has no leader");
    assert.equal(requests, patience.attempts);
  });

  it("ends within its time when there is never an answer", async () => {
    answers = [hang];
    cluster = clusterAt(server, impatience);
    assert.equal(await problem(), "no answer in 0.06 s");
    assert.equal(requests, patience.attempts);
  });

  for (const [code, message, words] of [
    [401, "Unauthorized", "the API server refuses the credentials (401 Unauthorized)"],
    [403, 'statefulsets "cart" is forbidden', 'statefulsets "cart" is forbidden'],
    [422, "invalid", "invalid"],
  ] as const) {
    it(`is not sent again after ${String(code)}`, async () => {
      answers = [answer(code, status(code, message))];
      assert.equal(await problem(), words);
      assert.equal(requests, 1);
    });
  }

  describe("to evict a pod", () => {
    const pod = { metadata: { namespace: "shop", name: "cart-0", uid: "1", resourceVersion: "2" } };

    it("names the pod as it was read, and gives whether the pod is deleted", async () => {
      const seen: string[] = [];
      answers = [
        (request, response) => {
          request.on("data", (body: Buffer) =>
            seen.push(`${request.method ?? ""} ${request.url ?? ""} ${body.toString()}`),
          );
          answer(201, "{}")(request, response);
        },
      ];
      assert.ok(await cluster.evictPod(pod));
      assert.match(seen[0] ?? "", /^POST \/api\/v1\/namespaces\/shop\/pods\/cart-0\/eviction /);
      const { deleteOptions } = JSON.parse(seen[0]?.split(" ").slice(2).join(" ") ?? "") as { deleteOptions: object };
      assert.deepEqual(deleteOptions, { preconditions: { uid: "1", resourceVersion: "2" } });
      for (const code of [404, 409]) {
        answers = [answer(code, status(code, "no"))];
        assert.ok(!(await cluster.evictPod(pod)));
      }
    });

    it("is not sent again at once if a PodDisruptionBudget does not allow it", async () => {
      const causes = [
        { reason: "DisruptionBudget", message: "The disruption budget cart needs 2 healthy pods and has 2." },
      ];
      answers = [answer(429, JSON.stringify({ message: "Cannot evict pod.", details: { causes } }))];
      await assert.rejects(cluster.evictPod(pod), (error) => {
        assert.equal(
          requestError(error),
          "Cannot evict pod. The disruption budget cart needs 2 healthy pods and has 2.",
        );
        return true;
      });
      assert.equal(requests, 1);
    });
  });

  it("tells the time of the API server", async () => {
    const tellsTime = (date: Date) => {
      answers = [answer(200, '{"metadata":{}}', { date: date.toUTCString() })];
      return read();
    };
    const hours = (number: number) => number * 3600_000;
    for (const ahead of [2, -2]) {
      await tellsTime(new Date(Date.now() + hours(ahead)));
      assert.ok(Math.abs(cluster.now() - Date.now() - hours(ahead)) < 2000);
    }
  });

  it("gives undefined for what is missing", async () => {
    answers = [answer(404, status(404, "not found"))];
    assert.equal(await read(), undefined);
    assert.equal(await cluster.namespace("shop"), undefined);
  });

  it("tells what is hidden, which is an error where the program cannot do without", async () => {
    answers = [answer(403, status(403, "forbidden"))];
    assert.equal(await cluster.namespace("kube-system"), "hidden");
    assert.deepEqual(await cluster.statefulSets("shop"), []);
    for (const [hidden, message] of [
      [() => cluster.claims("shop"), /"shop" is not allowed to list PersistentVolumeClaims in the namespace shop/],
      [() => cluster.objects("Job", "shop"), /is not allowed to list Jobs in the namespace shop/],
      [() => cluster.secret("shop", "db"), /is not allowed to get the Secret db in the namespace shop/],
      [() => cluster.configMap("shop", "site"), /is not allowed to get the ConfigMap site .* docs\/role\.yaml has/],
    ] as const) {
      await assert.rejects(hidden, (error) => pulumi.RunError.isInstance(error) && message.test(error.message));
    }
  });

  describe("in an update", () => {
    for (const [what, first, message] of [
      ["there is no answer", hang, 'The cluster of the context "shop" does not answer (no answer in 0.06 s)'],
      [
        "the credentials are wrong",
        answer(401),
        'The cluster of the context "shop" refuses the credentials (401 Unauthorized)',
      ],
    ] as const) {
      it(`is an error for the user if ${what}, which does not guess what was changed`, async () => {
        answers = [first];
        if (first === hang) cluster = clusterAt(server, impatience);
        await assert.rejects(cluster.namespace("shop"), (error) => {
          assert.ok(pulumi.RunError.isInstance(error));
          assert.equal(error.message, message);
          return true;
        });
        assert.ok(cluster.isReadable);
      });
    }
  });

  describe("in a preview", () => {
    before(() => useEngine({ preview: true }));
    after(() => useEngine());
    const log = capturedLog();

    for (const [what, first, words] of [
      [
        "there is no answer",
        hang,
        /^The cluster of the context "shop" does not answer \(no answer in 0.06 s\)\. Not checked:/,
      ],
      [
        "the credentials are wrong",
        answer(401),
        /^The cluster of the context "shop" refuses the credentials .*\. Not checked:/,
      ],
    ] as const) {
      it(`warns once if ${what}, and then asks nothing more`, async () => {
        answers = [first];
        if (first === hang) cluster = clusterAt(server, impatience);
        const both = await Promise.all([cluster.namespace("kube-system"), cluster.claims("shop")]);
        assert.deepEqual(both, [undefined, []]);
        assert.equal(log.warnings.length, 1);
        assert.match(log.warnings[0] ?? "", words);
        assert.ok(!cluster.isReadable);
        assert.equal(cluster.providerArgs.context, "shop (does not answer)");
        const sent = requests;
        assert.deepEqual(await cluster.objects("ConfigMap", "shop"), []);
        assert.equal(await cluster.mutatingWebhooks(), undefined);
        assert.equal(requests, sent);
      });
    }
  });
});
