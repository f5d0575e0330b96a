// home-assistant-js-websocket, as the dashboards use it; what it saw, told as one JSON object.
import {
  callService, createConnection, createLongLivedTokenAuth, ERR_INVALID_AUTH, getConfig, getServices, getStates, getUser,
  subscribeConfig, subscribeEntities, subscribeServices,
} from "home-assistant-js-websocket";

const {HALL_URL: url, HALL_TOKEN: token} = process.env;
const told = {};
const until = async (condition) => {
  for (let tries = 0; tries < 500; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it never came to that: " + condition);
};

try {
  await createConnection({auth: createLongLivedTokenAuth(url, "usher_wrong")});
} catch (error) {
  told.unauthorized = error === ERR_INVALID_AUTH;
}

const connection = await createConnection({auth: createLongLivedTokenAuth(url, token)});
told.haVersion = connection.haVersion;
told.user = (await getUser(connection)).is_admin;
told.config = (await getConfig(connection)).state;
told.states = (await getStates(connection)).map((state) => state.entity_id).sort();
told.services = Object.keys(await getServices(connection)).sort();

let entities = {}, services = {}, config = {};
subscribeEntities(connection, (now) => (entities = now));
subscribeServices(connection, (now) => (services = now));
subscribeConfig(connection, (now) => (config = now));
await until(() => entities["queue.personal"] && services.queue && config.version);
told.before = entities["queue.personal"].state;
told.name = entities["queue.personal"].attributes.friendly_name;

const heard = [];
const stop = await connection.subscribeEvents((event) => heard.push(event.data.ticket.number), "ticket_issued");
const answer = await callService(connection, "queue", "issue", {queue: "personal"}, undefined, true);
told.issued = answer.response.ticket.number;
told.heardBeforeAnswer = heard.includes(told.issued);
await callService(connection, "queue", "issue", {}, {entity_id: "queue.personal"});
await until(() => Number(entities["queue.personal"].state) === Number(told.before) + 2);
told.after = entities["queue.personal"].state;
told.updated = !Number.isNaN(Date.parse(entities["queue.personal"].last_updated));
told.context = typeof entities["queue.personal"].context.id;

try {
  await callService(connection, "queue", "issue", {queue: "nothing"});
} catch (error) {
  told.refused = [error.code, error.translation_key];
}
try {
  await connection.sendMessagePromise({type: "nothing/of_it"});
} catch (error) {
  told.unknown = error.code;
}

// usher's own view, through the library's own subscription, and a reconnection that brings everything back
const docs = [];
await connection.subscribeMessage((event) => docs.push(event), {type: "usher/subscribe_view", view: "counter/1"});
await until(() => docs.length === 1);
told.view = docs[0].doc.counter.id;
connection.reconnect(true);
await until(() => docs.length === 2);
await callService(connection, "queue", "issue", {queue: "personal"});
await until(() => Number(entities["queue.personal"].state) === Number(told.before) + 3 && heard.length === 3);
told.heard = heard;
await stop();
await connection.ping();
connection.close();
process.stdout.write(JSON.stringify(told));
process.exit(0);
