-- Identity, workspaces, access. Times are epoch milliseconds unless a column says otherwise.
-- {{int}} is INTEGER on SQLite and BIGINT on PostgreSQL; {{text}} compares bytewise on both.

CREATE TABLE settings (
	key {{text}} NOT NULL PRIMARY KEY,
	value {{text}} NOT NULL
){{strict}};

-- revision rises in every transaction that changes who may do what; every node polls it.
INSERT INTO settings (key, value) VALUES ('access_revision', '1');
-- audit_head is the number and hash of the newest audit entry. It is kept apart from the entries, so
-- that entries cut off at the end are missed; whoever appends locks this row, so that the chain never forks.
INSERT INTO settings (key, value) VALUES ('audit_head', '0 0000000000000000000000000000000000000000000000000000000000000000');

-- elevated_at is when the person's rights last grew; a session whose token is older gets a new one.
CREATE TABLE users (
	id {{text}} NOT NULL PRIMARY KEY,
	email {{text}} NOT NULL,
	email_key {{text}} NOT NULL UNIQUE,
	display_name {{text}} NOT NULL,
	locale {{text}} NOT NULL DEFAULT '',
	time_zone {{text}} NOT NULL DEFAULT '',
	password_hash {{text}},
	active_workspace_id {{text}},
	created_at {{int}} NOT NULL,
	elevated_at {{int}} NOT NULL DEFAULT 0,
	disabled_at {{int}}
){{strict}};

CREATE TABLE accounts (
	provider {{text}} NOT NULL,
	provider_user_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL REFERENCES users (id),
	created_at {{int}} NOT NULL,
	PRIMARY KEY (provider, provider_user_id)
){{strict}};
CREATE INDEX accounts_by_user ON accounts (user_id);

CREATE TABLE workspaces (
	id {{text}} NOT NULL PRIMARY KEY,
	name {{text}} NOT NULL,
	description {{text}} NOT NULL DEFAULT '',
	created_by {{text}} NOT NULL,
	created_at {{int}} NOT NULL,
	deleted_at {{int}},
	deleted_by {{text}}
){{strict}};

CREATE TABLE members (
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	user_id {{text}} NOT NULL REFERENCES users (id),
	role {{text}} NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
	created_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, user_id)
){{strict}};
CREATE INDEX members_by_user ON members (user_id, created_at);

CREATE TABLE restrictions (
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	role {{text}} NOT NULL CHECK (role IN ('editor', 'viewer')),
	permission {{text}} NOT NULL,
	PRIMARY KEY (workspace_id, role, permission)
){{strict}};

CREATE TABLE invites (
	id {{text}} NOT NULL PRIMARY KEY,
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	email {{text}} NOT NULL,
	email_key {{text}} NOT NULL,
	role {{text}} NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
	token_hash {{text}} NOT NULL UNIQUE,
	invited_by {{text}} NOT NULL,
	created_at {{int}} NOT NULL,
	expires_at {{int}} NOT NULL,
	accepted_at {{int}},
	accepted_by {{text}},
	revoked_at {{int}}
){{strict}};
CREATE INDEX invites_by_workspace ON invites (workspace_id, created_at);

CREATE TABLE deployment_admins (
	user_id {{text}} NOT NULL PRIMARY KEY REFERENCES users (id),
	granted_by {{text}} NOT NULL,
	created_at {{int}} NOT NULL
){{strict}};

-- token_at is when token_hash was set; previous_hash is still honoured for a few seconds after that,
-- for the requests that were under way.
CREATE TABLE sessions (
	id {{text}} NOT NULL PRIMARY KEY,
	token_hash {{text}} NOT NULL UNIQUE,
	previous_hash {{text}},
	token_at {{int}} NOT NULL,
	user_id {{text}} NOT NULL REFERENCES users (id),
	provider {{text}} NOT NULL,
	provider_user_id {{text}} NOT NULL DEFAULT '',
	active_workspace_id {{text}},
	ip {{text}} NOT NULL DEFAULT '',
	user_agent {{text}} NOT NULL DEFAULT '',
	created_at {{int}} NOT NULL,
	last_seen_at {{int}} NOT NULL,
	expires_at {{int}} NOT NULL
){{strict}};
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_previous ON sessions (previous_hash);

CREATE TABLE api_tokens (
	id {{text}} NOT NULL PRIMARY KEY,
	token_hash {{text}} NOT NULL UNIQUE,
	hint {{text}} NOT NULL,
	user_id {{text}} NOT NULL REFERENCES users (id),
	name {{text}} NOT NULL,
	active_workspace_id {{text}},
	created_at {{int}} NOT NULL,
	last_used_at {{int}},
	expires_at {{int}} NOT NULL
){{strict}};
CREATE INDEX api_tokens_by_user ON api_tokens (user_id);

-- key is the account or the address that failed, hashed; failures decay by time.
CREATE TABLE throttles (
	key {{text}} NOT NULL PRIMARY KEY,
	failures {{int}} NOT NULL,
	blocked_until {{int}} NOT NULL,
	updated_at {{int}} NOT NULL
){{strict}};

-- seq is gapless; hash chains each entry to the one before it.
CREATE TABLE audit_log (
	seq {{int}} NOT NULL PRIMARY KEY,
	at {{int}} NOT NULL,
	action {{text}} NOT NULL,
	result {{text}} NOT NULL CHECK (result IN ('allowed', 'refused', 'failed')),
	actor_id {{text}} NOT NULL,
	actor_kind {{text}} NOT NULL,
	actor_name {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL DEFAULT '',
	target_kind {{text}} NOT NULL DEFAULT '',
	target_id {{text}} NOT NULL DEFAULT '',
	ip {{text}} NOT NULL DEFAULT '',
	user_agent {{text}} NOT NULL DEFAULT '',
	request_id {{text}} NOT NULL DEFAULT '',
	details {{text}} NOT NULL,
	prev_hash {{text}} NOT NULL,
	hash {{text}} NOT NULL
){{strict}};
CREATE INDEX audit_by_workspace ON audit_log (workspace_id, seq);
CREATE INDEX audit_by_action ON audit_log (action, seq);
CREATE INDEX audit_by_actor ON audit_log (actor_id, seq);

-- one row per running process; a node is gone when its heartbeat is older than 10 s.
CREATE TABLE nodes (
	id {{text}} NOT NULL PRIMARY KEY,
	address {{text}} NOT NULL,
	version {{text}} NOT NULL,
	storage {{text}} NOT NULL,
	started_at {{int}} NOT NULL,
	heartbeat_at {{int}} NOT NULL
){{strict}};
