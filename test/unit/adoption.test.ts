import type {
  KubernetesObject,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Service,
  V1StatefulSet,
} from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { parseConfig } from "../../config";
import type { KubeCluster } from "../../live/kubeCluster";
import { identityLabel } from "../../objects/identity";
import {
  adoptionOf,
  announcement,
  clearTheWay,
  type LiveObjects,
  obstacles,
  takenObjects,
} from "../../tools/lib/adoption";
import { forgetRelease, objectsIn, releaseAnnouncement } from "../../tools/lib/helmRelease";

const labels = { "app.kubernetes.io/name": "chart", "app.kubernetes.io/instance": "release" };
const claims = { data: { size: "1Gi", mountPath: "/data" } };

const config = (app: object = {}, ofStack: object = {}) => {
  const settings = { namespace: "shop", apps: { db: { image: "db", replicas: 2, claims, ...app } }, ...ofStack };
  const passed = Object.entries(settings).map(([key, value]) => [
    `stateful-apps:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseConfig(Object.fromEntries(passed) as Record<string, string>, () => false, "stateful-apps");
};

const statefulSet = (spec: object = {}, metadata: object = {}) =>
  ({
    metadata: { namespace: "shop", name: "db", uid: "uid-db", ...metadata },
    spec: {
      serviceName: "db",
      template: { metadata: { labels }, spec: { containers: [{ name: "db", ports: [{ name: "http" }] }] } },
      volumeClaimTemplates: [{ metadata: { name: "data" } }],
      ...spec,
    },
  }) as unknown as V1StatefulSet;

const pod = (name: string, owner: string | undefined = "uid-db", podLabels: object = labels) =>
  ({
    metadata: {
      namespace: "shop",
      name,
      labels: podLabels,
      ...(owner !== "" && { ownerReferences: [{ kind: "StatefulSet", name: "db", uid: owner, controller: true }] }),
    },
  }) as V1Pod;

const claim = (name: string, size = "1Gi") =>
  ({ metadata: { name }, spec: { resources: { requests: { storage: size } } } }) as V1PersistentVolumeClaim;

const service = (name: string, selector: Record<string, string> | undefined, serviceLabels: object = {}) =>
  ({ metadata: { name, labels: serviceLabels }, spec: { selector } }) as V1Service;

const live = (found: Partial<LiveObjects> = {}): LiveObjects => ({
  statefulSets: [statefulSet()],
  pods: [pod("db-0"), pod("db-1"), pod("db-2"), pod("other-0", "uid-other"), pod("db-9", "uid-other")],
  services: [],
  policies: [],
  claims: [claim("data-db-0"), claim("data-db-1"), claim("data-db-2"), claim("data-other-0"), claim("log-db-0")],
  ...found,
});

const namesOf = (objects: { metadata?: { name?: string } }[]) => objects.map(({ metadata }) => metadata?.name);

describe("what an app takes over", () => {
  it("is a StatefulSet with its pods and claims, those beyond the replicas among them", () => {
    const { pods, claims } = adoptionOf("db", config(), live());
    assert.deepEqual(namesOf(pods), ["db-0", "db-1", "db-2"]);
    assert.deepEqual(namesOf(claims), ["data-db-0", "data-db-1", "data-db-2"]);
  });

  it("is what a run that was killed has left", () => {
    const pods = [pod("db-0", ""), pod("db-1", ""), pod("db-1-debug", ""), pod("db-2", "uid-other")];
    const adoption = adoptionOf("db", config(), live({ statefulSets: [], pods }));
    assert.deepEqual(namesOf(adoption.pods), ["db-0", "db-1"]);
    assert.equal(adoption.statefulSet, undefined);
  });

  it("is not the StatefulSet that the stack has already, whose Services may still be missing", () => {
    const mine = statefulSet({}, { labels: { [identityLabel]: "one" } });
    const adoption = adoptionOf("db", config(), live({ statefulSets: [mine], services: [service("db-http", labels)] }));
    assert.deepEqual([adoption.statefulSet, adoption.pods], [undefined, []]);
    assert.deepEqual(namesOf(adoption.replaced), ["db-http"]);
  });

  it("are the Services of its names, and others that select its pods are redirected", () => {
    const services = [
      service("db", labels),
      service("db-http", { app: "other" }),
      service("by-release", { "app.kubernetes.io/instance": "release" }),
      service("of-another", { "app.kubernetes.io/instance": "another" }),
      service("without-selector", undefined),
      service("empty-selector", {}),
      service("of-a-stack", labels, { [identityLabel]: "two" }),
    ];
    const { replaced, redirected } = adoptionOf("db", config(), live({ services }));
    assert.deepEqual([namesOf(replaced), namesOf(redirected)], [["db", "db-http"], ["by-release"]]);
  });

  it("comes in place of policies of the names that the app needs, and leaves others and those of a stack", () => {
    const policy = (kind: string, name: string, labels: object = {}) =>
      ({ apiVersion: "x/v1", kind, metadata: { name, labels } }) as KubernetesObject;
    const policies = [
      policy("NetworkPolicy", "db"),
      policy("NetworkPolicy", "other"),
      policy("NetworkPolicy", "db", { [identityLabel]: "two" }),
      policy("PodDisruptionBudget", "db"),
      policy("PodDisruptionBudget", "db-http"),
    ];
    const stack = config();
    const adoption = adoptionOf("db", stack, live({ policies }));
    const removed = ["NetworkPolicy db", "PodDisruptionBudget db"];
    assert.deepEqual(
      adoption.removed.map(({ kind = "", metadata }) => `${kind} ${metadata?.name ?? ""}`),
      removed,
    );
    assert.deepEqual(takenObjects(adoption, stack).slice(-2), removed);
    for (const one of removed) assert.ok(announcement(adoption, stack).includes(`replaces the ${one}`));
  });

  for (const [what, app, found, words] of [
    ["no app in the config", "web", {}, /stateful-apps:apps has no web; nothing was changed/],
    ["a name of every object", "constructor", {}, /stateful-apps:apps has no constructor/],
    [
      "no StatefulSet",
      "db",
      { statefulSets: [statefulSet({}, { name: "pg" })], pods: [] },
      /no StatefulSet db .*: pg\.$/,
    ],
  ] as [string, string, Partial<LiveObjects>, RegExp][]) {
    it(`is nothing if there is ${what}`, () => {
      assert.throws(() => adoptionOf(app, config(), live(found)), words);
    });
  }
});

describe("a StatefulSet that an app cannot take over", () => {
  const problems = (app: object, spec: object = {}, metadata: object = {}, ofStack: object = {}) => {
    const stack = config(app, ofStack);
    return obstacles(adoptionOf("db", stack, live({ statefulSets: [statefulSet(spec, metadata)] })), stack);
  };

  it("is one whose volumes, ordinals and owner do not fit", () => {
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ claims: { data: { size: "2Gi", mountPath: "/data" } } }), []);
    assert.match(
      String(problems({ claims: { data: { size: "512Mi", mountPath: "/data" } } })),
      /size is 512Mi; the claim data-db-0 has 1Gi/,
    );
    assert.match(String(problems({ ordinals: { start: 1 } })), /ordinals\.start is 1; it must be 0/);
    assert.deepEqual(problems({ ordinals: { start: 1 } }, { ordinals: { start: 1 } }), []);
    const ownerReferences = [{ kind: "Postgres", name: "main", controller: true }];
    assert.match(String(problems({}, {}, { ownerReferences })), /belongs to the Postgres main/);
  });

  it("is one with data on a volume that the config does not have, unless that is given up", () => {
    const log = { volumeClaimTemplates: [{ metadata: { name: "data" } }, { metadata: { name: "log" } }] };
    assert.match(
      String(problems({}, log)),
      /claims has no log, whose data is on log-db-0;.*giveUpClaims: \[log-db-0\]/,
    );
    assert.deepEqual(problems({}, log, {}, { giveUpClaims: ["log-db-0"] }), []);
    const named = { volumeClaimTemplates: [{ metadata: { name: "constructor" } }] };
    const stack = config();
    const found = live({ statefulSets: [statefulSet(named)], claims: [claim("constructor-db-0")] });
    assert.match(
      String(obstacles(adoptionOf("db", stack, found), stack)),
      /claims has no constructor, whose data is on/,
    );
    const empty = { volumeClaimTemplates: [{ metadata: { name: "data" } }, { metadata: { name: "tmp" } }] };
    assert.deepEqual(problems({}, empty), []);
  });
});

describe("the announcement of a takeover", () => {
  const announced = (app: object = {}, found: Partial<LiveObjects> = {}) => {
    const stack = config(app);
    return announcement(adoptionOf("db", stack, live(found)), stack).join("\n");
  };

  it("says what happens to the pods", () => {
    assert.match(announced(), /pods db-0, db-1 and db-2; then they are replaced one after the other/);
    assert.match(announced(), /stops db-2, whose claims are kept/);
    assert.match(
      announced({ updateStrategy: { type: "OnDelete" } }),
      /each gets the new template when somebody deletes it/,
    );
  });

  it("says which ports of running pods no Service of the stack finds", () => {
    assert.doesNotMatch(announced(), /reaches a pod/);
    const ports = { sql: 5432, admin: 8080 };
    assert.match(
      announced({ ports }),
      /reaches a pod by admin and sql of the Services db and db-http when it has been/,
    );
  });

  it("says which names and addresses change", () => {
    assert.doesNotMatch(announced(), /DNS names|Service/);
    const found = {
      statefulSets: [statefulSet({ serviceName: "db-headless" })],
      services: [service("db", labels), service("db-headless", labels)],
    };
    assert.match(announced({}, found), /from db-…\.db-headless to db-…\.db when/);
    assert.match(announced({}, found), /replaces the Service db, which gets another address/);
    assert.match(announced({}, found), /the selector of the Service db-headless/);
  });
});

describe("the dry run of a takeover", () => {
  it("asks for each change, and for none without saying that it is a dry run", async () => {
    const asked: string[] = [];
    interface Named {
      kind: string;
      metadata: { name: string };
    }
    const any = {
      // The API server ignores the parameters of a deletion that has a body.
      delete: ({ kind, metadata }: Named, ...[, , , , , body]: [...unknown[]]) => {
        const { dryRun, preconditions } = body as { dryRun?: string[]; preconditions: object };
        assert.deepEqual([dryRun, Object.keys(preconditions)], [["All"], ["uid"]]);
        asked.push(`delete ${kind} ${metadata.name}`);
        return Promise.resolve();
      },
      patch: ({ kind, metadata }: Named, _: undefined, dryRun: string) => {
        assert.equal(dryRun, "All");
        asked.push(`patch ${kind} ${metadata.name}`);
        return Promise.resolve();
      },
    };
    const cluster = { any } as unknown as KubeCluster;
    const services = [service("db", labels), service("db-read", labels)];
    const policies = [{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "db" } }];
    const found = live({ services, policies, pods: [pod("db-0")], claims: [claim("data-db-0")] });
    await clearTheWay(adoptionOf("db", config(), found), cluster, { dryRun: true });
    const records = [{ metadata: { name: "record", namespace: "shop" } }];
    await forgetRelease({ name: "shop", namespace: "shop", records, objects: [] }, cluster, { dryRun: true });
    assert.deepEqual(asked, [
      "delete StatefulSet db",
      "patch Service db-read",
      "patch Pod db-0",
      "patch PersistentVolumeClaim data-db-0",
      "delete Service db",
      "delete NetworkPolicy db",
      "patch Secret record",
    ]);
  });
});

describe("a release of Helm", () => {
  const manifest =
    "---\nkind: StatefulSet\nmetadata: { name: db }\n---\n# nothing\n---\nkind: ConfigMap\nmetadata: { name: notes }\n";
  const release = Buffer.from(gzipSync(JSON.stringify({ manifest })).toString("base64")).toString("base64");

  it("records what it has made", () => {
    assert.deepEqual(objectsIn({ data: { release } }), ["StatefulSet db", "ConfigMap notes"]);
    assert.deepEqual(objectsIn(undefined), []);
  });

  it("is forgotten, which leaves the rest to nobody", () => {
    const found = { name: "shop", namespace: "shop", records: [{}], objects: ["StatefulSet db", "ConfigMap notes"] };
    const [first, second] = releaseAnnouncement(found, ["StatefulSet db"]);
    assert.match(first ?? "", /forget the release shop/);
    assert.match(second ?? "", /: ConfigMap notes$/);
    assert.match(String(releaseAnnouncement({ ...found, records: [] }, [])), /never upgrade or uninstall/);
  });
});
