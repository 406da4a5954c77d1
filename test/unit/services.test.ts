import assert from "node:assert/strict";
import fc from "fast-check";
import { appObjects } from "../../objects/appObjects";
import type { StatefulAppArgs } from "../../schema/args";
import { checkedAppArgs } from "../../schema/checkedArgs";
import { claimNames, podDnsNames, podNames } from "../../schema/names";

interface Service {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: Record<string, unknown> & { ports: unknown[] };
}

const objects = (args: Partial<StatefulAppArgs>) =>
  appObjects("cart", checkedAppArgs("cart", { namespace: "shop", partOf: "shop-dev", image: "cart:1", ...args }));

/** The Services of an app by name, without fields that are not set. */
function servicesOf(args: Partial<StatefulAppArgs>): Record<string, Service> {
  const { headlessService, service, podServices } = objects(args);
  const plain = JSON.parse(JSON.stringify([headlessService, service, ...podServices])) as Service[];
  return Object.fromEntries(plain.map((service) => [service.metadata.name, service]));
}

const selector = { "app.kubernetes.io/name": "cart", "app.kubernetes.io/instance": "cart" };
const http = { name: "http", port: 8080, targetPort: "http" };
const ofHeadless = { clusterIP: "None", publishNotReadyAddresses: true, selector, ports: [http] };
const ofClients = { type: "ClusterIP", selector, ports: [http] };
const ofPod = (ordinal: number) => ({
  type: "ClusterIP",
  publishNotReadyAddresses: true,
  selector: { "statefulset.kubernetes.io/pod-name": `cart-${String(ordinal)}` },
  ports: [http],
});

const families = { ipFamilies: ["IPv6", "IPv4"], ipFamilyPolicy: "RequireDualStack" };
const balancer = {
  type: "LoadBalancer",
  externalTrafficPolicy: "Local",
  loadBalancerClass: "example.org/internal",
  loadBalancerSourceRanges: ["203.0.113.0/24", "2001:db8::/32"],
};
const affinity = (timeoutSeconds: number) => ({
  sessionAffinity: "ClientIP",
  sessionAffinityConfig: { clientIP: { timeoutSeconds } },
});

/** The specs of the Services that settings lead to. */
const specs: [string, Partial<StatefulAppArgs>, Record<string, object>][] = [
  ["two without settings", {}, { cart: ofHeadless, "cart-http": ofClients }],
  [
    "the fields of a load balancer",
    { service: { ...balancer, healthCheckNodePort: 30001 } },
    { "cart-http": { ...ofClients, ...balancer, healthCheckNodePort: 30001 } },
  ],
  [
    "the fields of traffic in the cluster",
    { service: { internalTrafficPolicy: "Local", trafficDistribution: "PreferSameZone", ...families } },
    {
      "cart-http": {
        ...ofClients,
        internalTrafficPolicy: "Local",
        trafficDistribution: "PreferSameZone",
        ...families,
      },
    },
  ],
  [
    "ports of its own beside other fields",
    { service: { port: 80, portName: "web", externalTrafficPolicy: "Local", type: "NodePort", nodePort: 30080 } },
    {
      "cart-http": {
        ...ofClients,
        type: "NodePort",
        externalTrafficPolicy: "Local",
        ports: [{ name: "web", port: 80, targetPort: "http", nodePort: 30080 }],
      },
    },
  ],
  ["an affinity", { service: affinity(60) }, { "cart-http": { ...ofClients, ...affinity(60) } }],
  // Kubernetes' own default would stay if the affinity is removed, and be refused.
  [
    "an affinity with the timeout that Kubernetes would set",
    { service: { sessionAffinity: "ClientIP" } },
    { "cart-http": { ...ofClients, ...affinity(10800) } },
  ],
  ["no affinity", { service: { sessionAffinity: "None" } }, { "cart-http": { ...ofClients, sessionAffinity: "None" } }],
  [
    "the fields of the headless one",
    { headlessService: { publishNotReadyAddresses: false, ...families } },
    { cart: { ...ofHeadless, publishNotReadyAddresses: false, ...families } },
  ],
  ["one for each pod", { replicas: 2, podServices: {} }, { "cart-0": ofPod(0), "cart-1": ofPod(1) }],
  [
    "one for each pod, from the first ordinal on",
    { replicas: 2, ordinals: { start: 3 }, podServices: {} },
    { "cart-3": ofPod(3), "cart-4": ofPod(4) },
  ],
  [
    "the fields of each pod's own",
    { podServices: { ...balancer, ...families } },
    { "cart-0": { ...ofPod(0), ...balancer, ...families } },
  ],
  [
    "some of the ports, and a node port for each pod in the order of the ordinals",
    {
      replicas: 2,
      ordinals: { start: 1 },
      ports: { internal: { containerPort: 9092 }, external: { containerPort: 9094, appProtocol: "kafka" } },
      podServices: { type: "NodePort", ports: { external: { port: 94, nodePorts: [30091, 30092, 30093] } } },
    },
    Object.fromEntries(
      [1, 2].map((ordinal) => [
        `cart-${String(ordinal)}`,
        {
          ...ofPod(ordinal),
          type: "NodePort",
          ports: [
            {
              appProtocol: "kafka",
              name: "external",
              port: 94,
              targetPort: "external",
              nodePort: 30090 + ordinal,
            },
          ],
        },
      ]),
    ),
  ],
];

describe("the Services of an app", () => {
  for (const [title, args, expected] of specs) {
    it(`have the spec that its settings say: ${title}`, () => {
      const services = servicesOf(args);
      for (const [name, spec] of Object.entries(expected)) assert.deepEqual(services[name]?.spec, spec);
    });
  }

  it("are two, and one more for each pod only if the app asks for them", () => {
    const names = (args: Partial<StatefulAppArgs>) => Object.keys(servicesOf({ replicas: 2, ...args }));
    assert.deepEqual(names({}), ["cart", "cart-http"]);
    assert.deepEqual(names({ podServices: {} }), ["cart", "cart-http", "cart-0", "cart-1"]);
    assert.deepEqual(names({ podServices: {}, replicas: 0 }), ["cart", "cart-http"]);
  });

  it("have the user's labels and annotations, and keep those of the app and of Pulumi's provider", () => {
    const given = {
      labels: { team: "shop", "app.kubernetes.io/name": "other" },
      annotations: { "example.org/balancer": "small", "pulumi.com/skipAwait": "false" },
    };
    const services = servicesOf({ service: given, headlessService: given, podServices: given });
    assert.deepEqual(Object.keys(services), ["cart", "cart-http", "cart-0"]);
    for (const { metadata } of Object.values(services)) {
      assert.deepEqual(metadata.labels, {
        team: "shop",
        ...selector,
        "app.kubernetes.io/version": "1",
        "app.kubernetes.io/part-of": "shop-dev",
        "app.kubernetes.io/managed-by": "pulumi",
      });
      assert.deepEqual(metadata.annotations, {
        "pulumi.com/patchFieldManager": "stateful-apps",
        "example.org/balancer": "small",
        "pulumi.com/skipAwait": "true",
      });
    }
  });
});

describe("the names that follow from ordinals", () => {
  it("are those of the replicas from the first ordinal on", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(20), fc.boolean(), (start, replicas, isSaid) => {
        const first = isSaid ? start : 0;
        const numbering = { replicas, ...(isSaid && { ordinals: { start } }) };
        const names = podNames("cart", numbering);
        assert.equal(names.length, replicas);
        names.forEach((name, i) => {
          assert.equal(name, `cart-${String(first + i)}`);
        });
        assert.deepEqual(
          podDnsNames("cart", numbering, "shop"),
          names.map((name) => `${name}.cart.shop.svc.cluster.local`),
        );
        assert.deepEqual(
          claimNames("cart", numbering, ["data", "logs"]),
          ["data", "logs"].flatMap((volume) => names.map((name) => `${volume}-${name}`)),
        );
        const args = { ...numbering, podServices: {}, claims: { data: { size: "1Gi", mountPath: "/data" } } };
        assert.deepEqual(Object.keys(servicesOf(args)).slice(2), names);
        assert.deepEqual(objects(args).statefulSet.spec.ordinals, numbering.ordinals);
      }),
    );
  });
});
