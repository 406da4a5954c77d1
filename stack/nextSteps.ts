import * as pulumi from "@pulumi/pulumi";
import type { StatefulApp } from "../components/statefulApp";

/** A text that says how to reach an app. */
export function nextSteps(name: string, app: StatefulApp, serviceType = "ClusterIP", kubectlOptions: string) {
  const known = app.outputs();
  const outputs = pulumi.all([known.namespace, known.service, known.addresses, known.podServices]);
  return outputs.apply(([namespace, service, addresses, podServices]) => {
    const kubectl = ["kubectl", kubectlOptions, "--namespace", namespace].filter(Boolean).join(" ");
    const inCluster = Object.entries(addresses).map(([port, address]) =>
      port === "http" ? `http://${address}` : `${address} (${port})`,
    );
    const forwards = Object.values(addresses).map((address) => {
      const port = Number(address.split(":").at(-1));
      // Only root is allowed to listen on the ports below 1024.
      return `${String(port < 1024 ? port + 8000 : port)}:${String(port)}`;
    });
    const lines = [
      name,
      ...inCluster.map((address, i) => `  ${i === 0 ? "in the namespace " : " ".repeat(17)}  ${address}`),
      `  from this machine  ${kubectl} port-forward service/${service} ${forwards.join(" ")}`,
    ];
    if (serviceType === "NodePort") lines.push(`  on every node      ${kubectl} get service ${service}`);
    if (serviceType === "LoadBalancer") {
      lines.push(
        `  at its address     ${kubectl} get service ${service} (while EXTERNAL-IP is pending, forward a port)`,
      );
    }
    if (podServices.length > 0) {
      lines.push(`  each pod           ${kubectl} get services --selector app.kubernetes.io/instance=${name}`);
    }
    lines.push(`  its pods           ${kubectl} get pods,pvc --selector app.kubernetes.io/instance=${name}`);
    return lines.join("\n");
  });
}
