import type { Operation } from "../../http/operation.ts";
import { addUser } from "./create.ts";
import { showCurrentUser } from "./current.ts";
import { removeUser } from "./delete.ts";
import { addUserKey, findUserKeys, removeUserKey, showUserKey } from "./keys.ts";
import { findUsers } from "./list.ts";
import { addOwnKey, findOwnKeys, removeOwnKey, showOwnKey } from "./own-keys.ts";
import { addOwnToken } from "./own-access-tokens.ts";
import { addUserToken } from "./personal-access-tokens.ts";
import { findProjectDeployKeys } from "./project-deploy-keys.ts";
import { findUserProjects } from "./projects.ts";
import { showUser } from "./show.ts";
import { blockUser, unblockUser } from "./state.ts";
import { disableUserTwoFactor, enableUserTwoFactor } from "./two-factor.ts";
import { editUser } from "./update.ts";

export const users: readonly Operation[] = [
  showCurrentUser,
  findUsers,
  addUser,
  showUser,
  editUser,
  removeUser,
  blockUser,
  unblockUser,
  findUserKeys,
  showUserKey,
  addUserKey,
  removeUserKey,
  findOwnKeys,
  showOwnKey,
  addOwnKey,
  removeOwnKey,
  findProjectDeployKeys,
  findUserProjects,
  addUserToken,
  addOwnToken,
  enableUserTwoFactor,
  disableUserTwoFactor,
];
