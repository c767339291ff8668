-- What every later migration stands on: search extensions, reference data, and the guard for append-only tables.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TABLE reference_data (
  name text PRIMARY KEY,
  checksum text NOT NULL,
  loaded_at timestamptz NOT NULL
);

-- Philippine Standard Geographic Code, every level in one tree.
CREATE TABLE places (
  code char(10) PRIMARY KEY CHECK (code ~ '^\d{10}$'),
  name text NOT NULL,
  level text NOT NULL CHECK (level IN ('region', 'province', 'city', 'sub_municipality', 'barangay')),
  parent_code char(10) REFERENCES places
);
CREATE INDEX places_parent_idx ON places (parent_code, name);
CREATE INDEX places_name_trgm_idx ON places USING gin (lower(name) gin_trgm_ops);

-- unaccent() is only STABLE; naming the dictionary makes it safe to index.
CREATE FUNCTION plain_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN lower(public.unaccent('public.unaccent'::regdictionary, value));

-- What people search with, less the Filipino particles, which the English stop words do not know.
CREATE FUNCTION search_words(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN regexp_replace(public.plain_text(value), '\m(ang|at|mga|na|nang|ng|ni|sa|si)\M', ' ', 'g');

-- Terms of one group mean the same produce: ampalaya = bitter gourd.
CREATE TABLE search_synonyms (
  group_id integer NOT NULL,
  term text NOT NULL CHECK (term = lower(term)),
  -- The words of a query that stand for this term, and what a document that has the term looks like.
  target tsquery NOT NULL GENERATED ALWAYS AS (plainto_tsquery('english', search_words(term))) STORED,
  alternative tsquery NOT NULL GENERATED ALWAYS AS (phraseto_tsquery('english', plain_text(term))) STORED,
  PRIMARY KEY (group_id, term)
);
CREATE INDEX search_synonyms_term_idx ON search_synonyms (term);

CREATE AGGREGATE tsquery_any(tsquery) (SFUNC = tsquery_or, STYPE = tsquery);

-- All the words of a search, each term among them widened by its synonyms, the longest terms first.
CREATE FUNCTION search_query(value text) RETURNS tsquery LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
  words tsquery := plainto_tsquery('english', search_words(value));
BEGIN
  RETURN ts_rewrite(words, format(
    'SELECT t.target, t.target || tsquery_any(DISTINCT s.alternative)
     FROM search_synonyms t JOIN search_synonyms s USING (group_id)
     WHERE %L::tsquery @> t.target AND numnode(t.target) > 0
     GROUP BY t.target ORDER BY numnode(t.target) DESC', words));
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
