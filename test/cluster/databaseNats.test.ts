import { database } from "./database";

database({
  name: "nats",
  replicas: 3,
  images: ["nats"],
  program: "nats-server",
  address: "nats://app:$(PASSWORD)@nats-http:4222",
  password: { name: "nats", key: "app" },
});
