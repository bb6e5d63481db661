import { client } from "./hey-api/client.gen.js";
import { createTimeEntry, getRunningTimeEntry, listActivities, listProjects, stopTimeEntry } from "./hey-api/index.js";

const { API_URL, TOKEN } = process.env;
client.setConfig({ baseUrl: API_URL, headers: { Authorization: `Bearer ${TOKEN}` } });

const { data: projects, error } = await listProjects({ query: { status: "active" } });
if (error) throw new Error(error.message);
const { data: activities = [] } = await listActivities();

const started = await createTimeEntry({
  headers: { "Idempotency-Key": crypto.randomUUID() },
  body: { project_id: projects[0].id, activity_id: activities[0].id, description: "Reviewed the import" },
});
if (started.error) throw new Error(started.error.message);

await stopTimeEntry({ path: { id: started.data.id } });
const running = await getRunningTimeEntry();
console.log(started.data.project_name, running.response?.status, running.data);
