package fake

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// linkLife is how long the link to an export is good.
const linkLife = time.Minute

// job is an export of users.
type job struct {
	ID         string           `json:"id"`
	Type       string           `json:"type"`
	Status     string           `json:"status"`
	Connection string           `json:"connection_id,omitempty"`
	Format     string           `json:"format"`
	Fields     []map[string]any `json:"fields,omitempty"`
	CreatedAt  time.Time        `json:"created_at"`
	Percent    int              `json:"percentage_done"`
	Left       int              `json:"time_left_seconds"`
	Location   string           `json:"location,omitempty"`

	reads int
	links map[string]time.Time // keys of links, and when they end
}

// export starts an export.
func (t *Tenant) export(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	if !t.allowed(w, r, scopeUsers) {
		return
	}
	var j job
	if err := json.NewDecoder(r.Body).Decode(&j); err != nil || j.Format != "json" && j.Format != "csv" {
		apiError(w, http.StatusBadRequest, "invalid_body", "Payload validation error.")
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serial++
	j.ID, j.Type, j.Status, j.CreatedAt, j.links = "job_fake"+strconv.Itoa(t.serial), "users_export", "pending", t.config.Now().UTC(), map[string]time.Time{}
	if t.jobs == nil {
		t.jobs = map[string]*job{}
	}
	t.jobs[j.ID] = &j
	reply(w, http.StatusOK, j)
}

// job shows how far an export is: a step further with each look. Once it is there,
// each look gives a new link.
func (t *Tenant) job(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	if !t.allowed(w, r, scopeUsers) {
		return
	}
	_, failed := t.take(Export, []Kind{Failed})
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobs[strings.TrimPrefix(r.URL.Path, "/api/v2/jobs/")]
	if j == nil || t.config.Now().Sub(j.CreatedAt) > 24*time.Hour {
		apiError(w, http.StatusNotFound, "inexistent_job", "The job does not exist.")
		return
	}
	j.reads++
	switch {
	case failed:
		j.Status = "failed"
	case j.Status == "failed" || j.reads == 1:
	case j.reads == 2:
		j.Status, j.Percent, j.Left = "processing", 50, 2
	default:
		key := rand.Text()
		j.links[key] = t.config.Now().Add(linkLife)
		j.Status, j.Percent, j.Left = "completed", 100, 0
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		j.Location = scheme + "://" + r.Host + "/fake/exports/" + j.ID + ".json.gz?" + url.Values{"key": {key}}.Encode()
	}
	reply(w, http.StatusOK, j)
}

// download gives out an export, as the store does to which a job's link leads: to
// whoever has the link, and to nobody who shows a token.
func (t *Tenant) download(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	t.counts[Download]++
	t.mu.Unlock()
	if t.spoil(w, r, Download) {
		return
	}
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/fake/exports/"), ".json.gz")
	t.mu.Lock()
	j := t.jobs[id]
	ends, found := time.Time{}, false
	if j != nil {
		ends, found = j.links[r.FormValue("key")]
	}
	good := found && !t.config.Now().After(ends) && r.Header.Get("Authorization") == ""
	var file []byte
	if good {
		file = t.exported(j)
	}
	t.mu.Unlock()
	if !good {
		http.Error(w, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", `"`+j.ID+`"`)
	http.ServeContent(w, r, "", j.CreatedAt, bytes.NewReader(file))
}

// exported is the file of an export: one user a line, with the fields asked for,
// compressed. The lock is held.
func (t *Tenant) exported(j *job) []byte {
	var file bytes.Buffer
	zip := gzip.NewWriter(&file)
	lines := json.NewEncoder(zip)
	for _, r := range t.records {
		profile := r.profile(&r.user)
		if j.Connection != "" && j.Connection != "con_fake" {
			continue
		}
		line := map[string]any{}
		for _, f := range j.Fields {
			name, _ := f["name"].(string)
			as, _ := f["export_as"].(string)
			if as == "" {
				as = name
			}
			if v := at(profile, name); v != nil {
				line[as] = v
			}
		}
		if len(j.Fields) == 0 {
			line = profile
		}
		_ = lines.Encode(line) // to memory
	}
	_ = zip.Close()
	return file.Bytes()
}

// at is what stands in a profile under a name such as app_metadata.account_number.
func at(profile map[string]any, path string) any {
	var v any = profile
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

// methods shows a user's ways to authenticate.
func (t *Tenant) methods(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	if !t.allowed(w, r, scopeMethods) {
		return
	}
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v2/users/"), "/authentication-methods")
	_, masked := t.take(Methods, []Kind{Masked})
	_, plain := t.take(Methods, []Kind{Plain})
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, rec := range t.records {
		if rec.user.ID != id {
			continue
		}
		all := rec.user.methods(masked)
		if plain {
			reply(w, http.StatusOK, all)
		} else {
			reply(w, http.StatusOK, map[string]any{"authenticators": all, "total": len(all), "start": 0, "limit": 50})
		}
		return
	}
	apiError(w, http.StatusNotFound, "inexistent_user", "The user does not exist.")
}
