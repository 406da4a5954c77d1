/*
 * What other programs use of this one: `import { StatefulApp } from ".../components"`.
 */
export type { RedisStoreArgs, StatefulAppArgs } from "../schema/args";
export { RedisStore, type RedisStoreOptions } from "./redisStore";
export { StatefulApp, type StatefulAppOptions, type StatefulAppTransform } from "./statefulApp";
