import createClient from "openapi-fetch";
import type { paths } from "./openapi.js";

const { API_URL, TOKEN } = process.env;
const api = createClient<paths>({ baseUrl: API_URL, headers: { Authorization: `Bearer ${TOKEN}` } });

const { data: projects, error } = await api.GET("/projects", { params: { query: { status: "active" } } });
if (error) throw new Error(error.message);
const { data: activities = [] } = await api.GET("/activities");

const started = await api.POST("/time-entries", {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { project_id: projects[0].id, activity_id: activities[0].id, description: "Reviewed the import" },
});
if (started.error) throw new Error(started.error.message);

await api.POST("/time-entries/{id}/stop", { params: { path: { id: started.data.id } } });
const running = await api.GET("/time-entries/running");
console.log(started.data.project_name, running.response.status, running.data);
