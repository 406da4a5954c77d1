/*
 * Pulumi passes the whole config to a program in one environment variable, which Linux limits.
 * https://man7.org/linux/man-pages/man2/execve.2.html (MAX_ARG_STRLEN)
 */

const limit = 128 * 1024;

/** A warning for a config that comes close to the limit, with the settings that take most of it. */
export function sizeWarning(config: Record<string, string>): string | undefined {
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const total = size(config);
  if (total < 100 * 1024) return undefined;
  const kib = (bytes: number) => `${String(Math.ceil(bytes / 1024))} KiB`;
  const largest = Object.entries(config)
    .map(([key, value]) => ({ key, bytes: size(value) }))
    .sort((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map(({ key, bytes }) => `${key} (${kib(bytes)})`);
  return `The config of the stack has ${kib(total)}, and Pulumi cannot start a program with more than ${kib(limit)} ("argument list too long"). The largest settings are ${largest.join(", ")}. Put long texts into files, which the settings configMaps.NAME.files and secrets.NAME.files name: they do not count.`;
}
