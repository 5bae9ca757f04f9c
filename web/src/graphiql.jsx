// GraphiQL on this server's own /graphql, opened on a query that shows what Segue is for.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createRoot } from "react-dom/client";
import welcome from "../../examples/welcome.graphql";

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = ["json", "graphql"].includes(label) ? label : "editor";
    return new Worker(`/graphiql/${name}.worker.js`);
  },
};

const address = new URL(window.location.href).searchParams;
const fetcher = createGraphiQLFetcher({ url: "/graphql", enableIncrementalDelivery: false });

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={welcome}
    initialQuery={address.get("query") ?? undefined}
    initialVariables={address.get("variables") ?? undefined}
  >
    <GraphiQL.Logo>Segue</GraphiQL.Logo>
  </GraphiQL>,
);
