import type { ClientBase } from "pg";

const ROLES = ["gs_request", "gs_accept", "gs_worker", "gs_maintenance"];

/**
 * What is wrong with the separation of projects in a database, by its catalogue: one line for each
 * table or role, `name: what`.
 */
export async function complaintsAboutSecurity(client: ClientBase): Promise<string[]> {
  const lines = async (text: string, values: unknown[] = []) =>
    (await client.query<{ line: string }>(text, values)).rows.map((row) => row.line);
  return [
    ...(await lines(
      `select t.relname || ': ' || what as line
       from pg_class t cross join lateral (values
         (not (t.relrowsecurity and t.relforcerowsecurity), 'row-level security is not forced'),
         (pg_get_userbyid(t.relowner) <> 'gs_maintenance', 'owned by ' || pg_get_userbyid(t.relowner)),
         (not exists (
            select from pg_policies p where p.schemaname = 'public' and p.tablename = t.relname
              and 'gs_request' = any(p.roles) and p.cmd = 'ALL' and p.permissive = 'PERMISSIVE'
              and p.qual = '(project_id = app_project())'
              and p.with_check = '(project_id = app_project())'
          ), 'no policy for gs_request that keeps it to its project'),
         (exists (
            select from pg_policies p where p.schemaname = 'public' and p.tablename = t.relname
              and (p.roles && '{gs_request,public}' and p.qual is distinct from '(project_id = app_project())')
          ), 'another policy lets gs_request out of its project'),
         (not exists (
            select from pg_index i join pg_attribute a on a.attrelid = t.oid and a.attnum = i.indkey[0]
            where i.indrelid = t.oid and i.indisprimary and a.attname = 'project_id'
          ), 'the primary key does not begin with project_id')
       ) as c (wrong, what)
       where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
         and not t.relispartition and c.wrong
       order by line`,
    )),
    ...(await lines(
      `select t.relname || ': a partition is granted to ' || coalesce(nullif(g.grantee, 0)::regrole::text, 'everybody') as line
       from pg_class t cross join lateral aclexplode(t.relacl) g
       where t.relnamespace = 'public'::regnamespace and t.relispartition and g.grantee <> t.relowner
       group by line order by line`,
    )),
    ...(await lines(
      `select rolname || ': ' || what as line
       from pg_roles cross join lateral (values
         (rolbypassrls, 'may bypass row-level security'),
         (rolsuper, 'is a superuser'),
         (rolcanlogin, 'logs in by itself'),
         (rolname <> 'gs_maintenance' and exists (select from pg_class c where c.relowner = pg_roles.oid), 'owns something')
       ) as c (wrong, what)
       where rolname = any($1) and wrong order by line`,
      [ROLES],
    )),
    ...(await lines(
      `select r.rolname || ': is a member of ' || m.roleid::regrole as line
       from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = any($1) order by line`,
      [ROLES],
    )),
    ...(await lines(
      `select p.proname || ': runs as its owner for everybody' as line
       from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef
         and has_function_privilege('public', p.oid, 'execute') order by line`,
    )),
  ];
}
