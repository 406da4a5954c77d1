import assert from "node:assert/strict";
import { database } from "./database";
import { names } from "./example";

database(
  {
    name: "rabbitmq",
    replicas: 3,
    images: ["rabbitmq"],
    program: "beam.smp",
    address: "amqp://app:$(PASSWORD)@rabbitmq-http:5672",
    password: { name: "rabbitmq", key: "password" },
  },
  (example) => {
    it("is one cluster, on whose nodes a quorum queue has its members", async () => {
      const nodes = names("rabbitmq", 3).map((pod) => `rabbit@${pod}.rabbitmq`);
      const ask = (...args: string[]) =>
        example.exec("rabbitmq-0", "rabbitmqctl", "-q", "--formatter", "json", ...args);
      const { running_nodes } = JSON.parse(await ask("cluster_status")) as { running_nodes: string[] };
      assert.deepEqual(running_nodes.sort(), nodes);
      const [queue] = JSON.parse(await ask("list_queues", "name", "members")) as { members: string[] }[];
      assert.deepEqual(queue?.members.sort(), nodes);
    });
  },
);
