-- Who may call: users, what they hold in their hands (credentials), and the apps that a key may be bound to.
CREATE TABLE users (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id             text NOT NULL UNIQUE,
  email          text UNIQUE,
  password_hash  text,
  visibility     smallint NOT NULL DEFAULT 10,
  is_admin       boolean NOT NULL DEFAULT false,
  is_system      boolean NOT NULL DEFAULT false,
  disabled_at    timestamptz,
  rate_limit_rps integer,
  body           jsonb NOT NULL DEFAULT '{}',
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE apps (
  key                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_key            bigint NOT NULL REFERENCES users (key),
  id                  text NOT NULL,
  visibility          smallint NOT NULL DEFAULT 10,
  is_template         boolean NOT NULL DEFAULT false,
  default_language    text NOT NULL DEFAULT 'en',
  default_workflow    bigint,
  sample_ms           integer,
  star_count          integer NOT NULL DEFAULT 0,
  body                jsonb NOT NULL DEFAULT '{}',
  created_at          timestamptz NOT NULL DEFAULT now(),
  modified_at         timestamptz NOT NULL DEFAULT now(),
  deleted_at          timestamptz
);
-- Ids are free again once an app is deleted: only living rows compete.
CREATE UNIQUE INDEX apps_live_id ON apps (user_key, id) WHERE deleted_at IS NULL;
CREATE INDEX apps_public ON apps (key) WHERE deleted_at IS NULL AND visibility = 50;

CREATE TABLE credentials (
  key          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_key     bigint NOT NULL REFERENCES users (key),
  app_key      bigint REFERENCES apps (key),
  kind         text NOT NULL CHECK (kind IN ('pat', 'app_key', 'session', 'runner')),
  public_id    text NOT NULL UNIQUE,
  -- HMAC-SHA256 of the secret under a key derived from the instance's: the secret itself is never stored.
  secret_hash  bytea NOT NULL UNIQUE,
  description  text NOT NULL DEFAULT '',
  scopes       text[] NOT NULL DEFAULT '{}',
  endpoints    text[] NOT NULL DEFAULT '{}',
  -- Set for the PAT that came from the environment, so that a later one replaces it.
  from_env     boolean NOT NULL DEFAULT false,
  -- For kind 'runner': the one runner that the token may serve.
  runner_id    text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  CHECK ((kind = 'app_key') = (app_key IS NOT NULL))
);
CREATE INDEX credentials_by_user ON credentials (user_key, key);
CREATE INDEX credentials_by_app ON credentials (app_key) WHERE app_key IS NOT NULL;
