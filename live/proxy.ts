import { BlockList, isIP } from "node:net";

/** The value of a variable, whose name can have upper or lower case. */
const variable = (name: string) => [name, name.toLowerCase()].map((either) => process.env[either]).find(Boolean) ?? "";

/**
 * The proxy through which kubectl and Pulumi's provider send requests to a server, according to `HTTPS_PROXY`, `HTTP_PROXY`
 * and `NO_PROXY`; undefined if there is none. The client for Node does not read these variables.
 *
 * The rules are those of Go: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function proxyFor(server: string): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const isSecure = protocol === "https:";
  const proxy = variable(isSecure ? "HTTPS_PROXY" : "HTTP_PROXY");
  const host = hostname.replace(/^\[(.+)\]$/, "$1");
  if (proxy === "" || host === "localhost" || isIn("127.0.0.0/8", host) || isIn("::1/128", host)) return undefined;
  const hostPort = port === "" ? (isSecure ? "443" : "80") : port;
  const exceptions = variable("NO_PROXY").toLowerCase().split(",");
  if (exceptions.some((exception) => includes(exception.trim(), host, hostPort))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** Whether an entry of `NO_PROXY` includes a host: it is `*`, a range of addresses, an address, or a domain. */
function includes(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isIn(entry, host);
  const [, bracketed, plain, entryPort = port] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  const name = (bracketed ?? plain ?? entry).replace(/^\*\./, ".");
  if (name === "" || entryPort !== port) return false;
  if (isIP(host) > 0) return name === host;
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

/** Whether a host is an address in a range such as 10.0.0.0/8. */
function isIn(range: string, host: string): boolean {
  const [address = "", prefix = ""] = range.split("/");
  const family = isIP(address);
  if (family === 0 || family !== isIP(host) || !/^\d+$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), type);
  return list.check(host, type);
}
