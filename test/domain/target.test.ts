import { describe, expect, it } from "vitest";
import { fullPathOf, glRepositoryOf, relativePathOf, storageOf } from "../../src/domain/access/target.ts";
import { aProject, aSnippet, targetOf } from "../setup/facts.ts";

/** SHA-256 of `3` (contract git-access 4.4) and of `5`. */
const three = "@hashed/4e/07/4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce";
const five = "@snippets/ef/2d/ef2d127de37b942baad06145e54b0c619a1f22327b2ebbcfbec78f5564afe39d";

describe("git-access 4.4: names of a repository", () => {
  const project = aProject({ id: 3, repositoryStorage: "fast" });
  const snippet = aSnippet({ repositoryStorage: "cold" });
  it.each([
    ["code", targetOf("project", project), "project-3", "engines/analytical", `${three}.git`, "fast"],
    ["a wiki", targetOf("wiki", project), "wiki-3", "engines/analytical.wiki", `${three}.wiki.git`, "fast"],
    ["designs", targetOf("design", project), "design-3", "engines/analytical.design", `${three}.design.git`, "fast"],
    ["a project's snippet", targetOf("snippet", project, snippet), "snippet-5", "engines/analytical/snippets/5", `${five}.git`, "cold"],
    ["a personal snippet", targetOf("snippet", null, snippet), "snippet-5", "snippets/5", `${five}.git`, "cold"],
  ])("%s", (_, target, identifier, fullPath, relativePath, storage) => {
    expect(glRepositoryOf(target)).toBe(identifier);
    expect(fullPathOf(target)).toBe(fullPath);
    expect(relativePathOf(target)).toBe(relativePath);
    expect(storageOf(target)).toBe(storage);
  });

  it("a project in legacy storage lies under its path", () => {
    const legacy = aProject({ storageVersion: 0 });
    expect(relativePathOf(targetOf("project", legacy))).toBe("engines/analytical.git");
    expect(relativePathOf(targetOf("wiki", legacy))).toBe("engines/analytical.wiki.git");
    expect(relativePathOf(targetOf("project", aProject({ id: 3, storageVersion: 1 })))).toBe(`${three}.git`);
  });
});
