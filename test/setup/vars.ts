import { portalKeySet } from "./portal-key.ts";

/** The configuration that tests run with; secrets are made up. */
export const testVars = {
  ENVIRONMENT: "development",
  ACCESS: "off",
  EXTERNAL_URL: "http://gitlab.example.test",
  SSH_CLONE_PREFIX: "git@gitlab.example.test:",
  GITALY_STORAGES: '{"default":{"address":"tcp://gitaly.example.test:8075","token":"storage-token"}}',
  GITLAB_SHELL_SECRET: "0123456789abcdef0123456789abcdef",
  GITLAB_KAS_SECRET: "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=",
  GATEHOUSE_ENCRYPTION_KEY: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  CUSTOMERS_DOT_URL: "https://customers.example.test",
  CUSTOMERS_DOT_JWKS: JSON.stringify(portalKeySet),
  GATEHOUSE_ROOT_TOKEN: "glpat-root-token-of-tests",
};
