import assert from "node:assert/strict";
import { byPython, example, names, service } from "./example";

const byNode = (name: string) => [
  "node",
  "-e",
  `require("node:dns").lookup("${name}", 4, (error, address) => console.log(error ?? address))`,
];

example("javascript", { "app-python": 8000, "app-javascript": 3000 }, (third) => {
  it("runs a third app on port 3000 with three replicas, and 1Gi claims by their usual names", async () => {
    await third.project.up();
    assert.equal((await third.pods("app-python")).length, 2);
    assert.equal((await third.pods("app-javascript")).length, 3);
    const claims = [...names("data-app-python", 2), ...names("data-app-javascript", 3)].map((name) => [name, "1Gi"]);
    assert.deepEqual(await third.claims(), Object.fromEntries(claims));
  });

  it("asks for a load balancer, does not wait for its address, and says what to do meanwhile", async () => {
    const balanced = await service(third, "app-python-http");
    assert.deepEqual([balanced.type, balanced.ports[0]?.port], ["LoadBalancer", 8000]);
    assert.match(await third.project.kubectl("get", "service", "app-python-http"), /<pending>/);
    assert.match(await third.project.pulumi("stack", "output", "nextSteps"), /while EXTERNAL-IP is pending/);
    const plain = await service(third, "app-javascript-http");
    assert.deepEqual([plain.type, plain.ports[0]?.port], ["ClusterIP", 3000]);
  });

  it("counts on each pod by itself, in a file", async () => {
    for (const [i, pod] of [...names("app-python", 2), ...names("app-javascript", 3)].entries()) {
      await third.visit(pod, 5 - i);
    }
    await third.assertCounts();
    assert.equal(Number(await third.exec("app-python-0", "cat", "/app/data/visits.txt")), 5);
    assert.equal(Number(await third.exec("app-javascript-2", "cat", "/app/data/visits.txt")), 1);
    assert.match(await third.project.get("pods", "app-javascript-0", 3000, "/status"), /"app":"javascript"/);
  });

  it("a deleted pod comes back with its count", async () => {
    for (const pod of ["app-python-0", "app-javascript-1"]) await third.deletePod(pod);
    await third.assertCounts();
  });

  it("pods are reached by their DNS names, from inside pods of both apps", async () => {
    for (const pod of names("app-python", 2)) await third.assertDnsName(pod, pod, byPython);
    await third.assertDnsName("app-javascript-2", "app-python-1", byPython);
    await third.assertDnsName("app-python-0", "app-javascript-0", byNode);
  });
});
