import { database } from "./database";

database({
  name: "etcd",
  replicas: 3,
  images: ["etcd", "busybox"],
  program: "etcd",
  address: "http://etcd-http:2379",
});
