import * as pulumi from "@pulumi/pulumi";
import { Cluster } from "./components/cluster";
import { stackNamespace } from "./components/namespace";
import { StatefulApp } from "./components/statefulApp";
import { readConfig } from "./config";

export = async () => {
  const config = readConfig();
  const cluster = new Cluster(config.cluster);
  const partOf = `${pulumi.getProject()}-${pulumi.getStack()}`;
  const namespace = await stackNamespace(config.namespace, partOf, cluster);
  const provider = cluster.provider("cluster");

  const apps = Object.entries(config.apps).map(([name, settings]) => {
    const app = new StatefulApp(name, { namespace, partOf, ...settings }, { provider });
    return [name, app.outputs()] as const;
  });
  return { apps: Object.fromEntries(apps) };
};
