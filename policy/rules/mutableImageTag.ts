import { settingOfContainer } from "../settings";
import { objectPolicy } from "../violation";
import { containersOf } from "../workloads";

/** What counts as a tag that can change: `latest`, which always does, or any tag, because a registry lets it be moved. */
const kinds = {
  latest: { isMutable: isLatest, allowed: "it must have a tag other than latest, or a digest" },
  withoutDigest: { isMutable: (image: string) => !image.includes("@"), allowed: "it must have a digest" },
};

/** Without a tag, an image has the tag `latest`. A colon before the last slash belongs to the port of the registry. */
function isLatest(image: string): boolean {
  return /^[^:]*$|:latest$/.test(image.slice(image.lastIndexOf("/") + 1));
}

export const mutableImageTag = objectPolicy<{ mutableTags?: keyof typeof kinds }>({
  name: "mutable-image-tag",
  description: "A pod that restarts can get another program if its image can change under the same name.",
  configSchema: { properties: { mutableTags: { type: "string", enum: Object.keys(kinds), default: "latest" } } },
  find: (object, { mutableTags = "latest" }) => {
    const { isMutable, allowed } = kinds[mutableTags];
    return containersOf(object).flatMap((container) => {
      const field = container.field.get("image");
      if (field.text === undefined || !isMutable(field.text)) return [];
      return [{ field, allowed, setting: settingOfContainer(object, container, "image") }];
    });
  },
});
