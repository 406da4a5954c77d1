import { afterReferences, inCircles } from "../schema/circles";
import type { Mistake } from "../schema/mistakes";

/** What an app waits for. */
interface Dependent {
  store?: string;
  dependsOn?: string[];
}

/** The names of the apps and stores that must be ready before an app. */
export const dependenciesOf = ({ store, dependsOn = [] }: Dependent): string[] => [
  ...new Set([...dependsOn, ...(store === undefined ? [] : [store])]),
];

/** The apps, each after those that it depends on. */
export const inDependencyOrder = <App extends Dependent>(apps: Record<string, App>): [string, App][] =>
  afterReferences(Object.entries(apps), dependenciesOf);

export function checkDependencies(apps: Record<string, Dependent>, stores: string[]): Mistake[] {
  const known = [...Object.keys(apps), ...stores];
  const order = new Map(Object.entries(apps).map(([name, { dependsOn = [] }]) => [name, dependsOn]));
  return [
    ...[...order].flatMap(([name, dependsOn]) =>
      dependsOn.flatMap((other, i) =>
        known.includes(other)
          ? []
          : [
              {
                path: ["apps", name, "dependsOn", i],
                value: other,
                problem: `must be the name of an app or of a store: ${known.filter((one) => one !== name).join(", ")}`,
              },
            ],
      ),
    ),
    ...inCircles(order).map((name) => ({
      path: ["apps", name, "dependsOn"],
      problem: "leads back to the app, directly or by other apps",
    })),
  ];
}
