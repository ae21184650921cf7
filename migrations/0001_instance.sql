-- What every instance starts with: one row of settings, the first administrator with a personal namespace,
-- and the triggers that keep namespaces.projects_count.
INSERT INTO settings (id) VALUES (1);
--> statement-breakpoint
INSERT INTO users (id, username, name, email, commit_email, is_admin, password_stamp, confirmed_at)
VALUES (1, 'root', 'Administrator', 'admin@example.com', 'admin@example.com', 1, lower(hex(randomblob(8))), cast(unixepoch('subsec') * 1000 as integer));
--> statement-breakpoint
-- Namespace ids start above user ids, so that the two are never mistaken for one another unnoticed.
INSERT INTO namespaces (id, kind, name, path, owner_id) VALUES (2, 'user', 'Administrator', 'root', 1);
--> statement-breakpoint
INSERT INTO namespace_ancestors (namespace_id, ancestor_id, depth) VALUES (2, 2, 0);
--> statement-breakpoint
INSERT INTO routes (path, namespace_id) VALUES ('root', 2);
--> statement-breakpoint
CREATE TRIGGER projects_count_insert AFTER INSERT ON projects BEGIN
  UPDATE namespaces SET projects_count = projects_count + 1 WHERE id = NEW.namespace_id;
END;
--> statement-breakpoint
CREATE TRIGGER projects_count_delete AFTER DELETE ON projects BEGIN
  UPDATE namespaces SET projects_count = projects_count - 1 WHERE id = OLD.namespace_id;
END;
--> statement-breakpoint
CREATE TRIGGER projects_count_move AFTER UPDATE OF namespace_id ON projects WHEN NEW.namespace_id <> OLD.namespace_id BEGIN
  UPDATE namespaces SET projects_count = projects_count - 1 WHERE id = OLD.namespace_id;
  UPDATE namespaces SET projects_count = projects_count + 1 WHERE id = NEW.namespace_id;
END;
