import { createDecipheriv, pbkdf2Sync, scryptSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isMapOrList } from "../../schema/byName";
import { userError } from "../../schema/userError";
import { hidden } from "../../schema/values";
import { readPulumiYaml } from "../../config/pulumiYaml";
import { fullKey, passedScalar } from "../../config/stackFile";

/** The config of a stack as Pulumi passes it to a program. */
export interface StackConfig {
  /** By full key; maps and lists as JSON. */
  values: Record<string, string>;
  secureKeys: string[];
}

export const projectFileName = "Pulumi.yaml";

const projectFile = readYaml(projectFileName) as { name: string };

export const project = projectFile.name;

interface StackFile {
  config?: Record<string, unknown> | null;
  encryptionsalt?: string;
  secretsprovider?: string;
}

/** What Pulumi would read too, and this module does not: config from elsewhere, and other ways to encrypt. */
function checkSources(file: string, stackFile: StackFile): void {
  const { config, encryptionsalt, secretsprovider = "passphrase", ...others } = stackFile;
  const unread = [
    ...Object.keys(others).map((key) => `${key} in ${file}`),
    ...(secretsprovider === "passphrase" ? [] : [`secretsprovider in ${file}`]),
    ...["config", "stackConfigDir"]
      .filter((key) => Object.hasOwn(projectFile, key))
      .map((key) => `${key} in Pulumi.yaml`),
  ];
  if (unread.length > 0) {
    throw userError(`The config cannot be read here: only Pulumi itself can read ${unread.join(", ")}.`);
  }
  if (typeof (config ?? {}) !== "object" || Array.isArray(config)) throw userError(`config in ${file} must be a map.`);
}

export function readStackFile(file: string): StackFile {
  if (!existsSync(file)) throw userError(`There is no stack file ${file}.`);
  return readYaml(file);
}

/** The map in a file. */
function readYaml(file: string): object {
  try {
    const text = new TextDecoder("utf8", { fatal: true }).decode(readFileSync(file));
    const value = readPulumiYaml(text).value ?? {};
    if (isMapOrList(value) && !Array.isArray(value)) return value;
  } catch (error) {
    throw userError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  throw userError(`${file} must be a map.`);
}

/** Reads a stack file. Secure values are decrypted with the passphrase, or hidden if there is none. */
export function readStackConfig(file: string, passphrase: string | undefined): StackConfig {
  const stackFile = readStackFile(file);
  checkSources(file, stackFile);
  const { config, encryptionsalt } = stackFile;
  const reveal =
    passphrase === undefined ? () => hidden : decrypter(() => decryptionKey(file, encryptionsalt, passphrase));
  const values: Record<string, string> = {};
  const secureKeys: string[] = [];
  for (const [name, value] of Object.entries(config ?? {})) {
    const key = fullKey(name, project);
    if (Object.hasOwn(values, key)) throw userError(`${file} has two values for ${key}.`);
    const plain = withoutSecure(value, reveal, () => secureKeys.push(key));
    values[key] = isMapOrList(plain) ? toJson(plain) : passedScalar(plain);
  }
  return { values, secureKeys };
}

const toJson = (value: unknown) =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? Number(item) : item));

/** Replaces every `{ secure: … }` at any depth. */
function withoutSecure(value: unknown, reveal: (sealed: string) => string, found: () => void): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withoutSecure(item, reveal, found));
  const { secure, ...others } = value as Record<string, unknown>;
  if (typeof secure === "string" && Object.keys(others).length === 0) {
    found();
    return reveal(secure);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecure(item, reveal, found)]));
}

/*
 * How Pulumi's passphrase provider encrypts values: `v1:NONCE:CIPHERTEXT`, AES-256-GCM with the tag at the end, and a key
 * that PBKDF2 derives from the passphrase. `encryptionsalt` in a stack file is `v1:SALT:` and the encrypted word "pulumi".
 * https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/secrets/passphrase/manager.go
 */
function decryptionKey(file: string, encryptionsalt: string | undefined, passphrase: string): Buffer {
  const [, version, salt, check] = /^(v1):([^:]+):(v1:.+)$/.exec(encryptionsalt ?? "") ?? [];
  if (version === undefined || salt === undefined || check === undefined) {
    throw userError(`${file} has secure values but no encryptionsalt of Pulumi's passphrase provider.`);
  }
  const key = pbkdf2Sync(passphrase, Buffer.from(salt, "base64"), 1_000_000, 32, "sha256");
  try {
    if (decrypt(check, key) === "pulumi") return key;
  } catch {
    // Reported below.
  }
  throw userError(`The passphrase is not the one with which the secure values of ${file} were encrypted.`);
}

/** Derives the key for the first value only, because that takes a third of a second, on purpose. */
function decrypter(makeKey: () => Buffer): (sealed: string) => string {
  let key: Buffer | undefined;
  return (sealed) => decrypt(sealed, (key ??= makeKey()));
}

function decrypt(sealed: string, key: Buffer): string {
  const [, nonce = "", text = ""] = sealed.split(":");
  const bytes = Buffer.from(text, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-16));
  return decipher.update(bytes.subarray(0, -16)).toString() + decipher.final("utf8");
}

/** The passphrase, from the same variables as Pulumi. */
export function passphraseFromEnvironment(): string | undefined {
  const { PULUMI_CONFIG_PASSPHRASE: text, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
  return text ?? (file === undefined ? undefined : readFileSync(file, "utf8").trim());
}

/** Letters and digits that follow from the passphrase and the name. */
export function derivedValue(passphrase: string, name: string, length: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  // Bytes from the last multiple of the alphabet on would favour some letters. Four times as many bytes as needed suffice.
  const usable = [...scryptSync(passphrase, name, length * 4)].filter((byte) => byte < 248);
  return usable
    .slice(0, length)
    .map((byte) => letters[byte % letters.length])
    .join("");
}
