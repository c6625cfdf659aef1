import { BadRequest, ProjectPatch } from "@groundswell/contracts";
import { changeProject, type ProjectRecord, withProject } from "@groundswell/db";

import type { ContractRoutes } from "../contract-routes.ts";
import type { ConsoleDeps } from "../deps.ts";

export function projectRoutes({ on }: ContractRoutes, { database }: ConsoleDeps): void {
  on("GET /api/v1/project", async ({ caller: { projectId } }) =>
    projectView(await withProject(database, projectId, (tx) => changeProject(tx, projectId))),
  );

  on("PATCH /api/v1/project", async ({ caller: { projectId }, body }) => {
    const change = ProjectPatch.safeParse(body);
    if (!change.success) {
      const issues = change.error.issues.map(({ path, message }) => ({
        path: `/${path.map(String).join("/")}`,
        message,
      }));
      throw new BadRequest(`${issues[0]?.path}: ${issues[0]?.message}`, { issues });
    }
    const clientConsent = change.data.client_consent;
    return projectView(
      await withProject(database, projectId, (tx) =>
        changeProject(tx, projectId, { clientConsent }),
      ),
    );
  });
}

function projectView(project: ProjectRecord | undefined) {
  if (!project) throw new Error("The project of a valid key is gone");
  const { projectId, name, clientConsent } = project;
  return { project_id: projectId, name, client_consent: clientConsent };
}
