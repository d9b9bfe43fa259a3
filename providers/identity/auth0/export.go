package auth0

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"

	"callflow/engine/runner"
)

// Export is a job of the tenant that writes all users into a file.
type Export struct {
	ID string
	// Status is Auth0's word: pending, processing, completed or failed.
	Status  string
	Percent int
	Left    time.Duration // zero: it is not said
	// CreatedAt is when the job was started: what changed since may be missing.
	CreatedAt time.Time
	// link is good for a minute, and for whoever has it.
	link string
}

// The statuses that end an export.
const (
	ExportDone   = "completed"
	ExportFailed = "failed"
)

// exportLife is how long Auth0 keeps an export.
const exportLife = 24 * time.Hour

// Alive tells whether Auth0 may still have the export.
func (e Export) Alive(now time.Time) bool { return now.Sub(e.CreatedAt) < exportLife }

// StartExport starts an export of the users of a connection, by its name or id; "":
// of all users. It is not repeated when the answer is lost: the job runs then, and
// nobody fetches it.
func (p *Provider) StartExport(ctx context.Context, connection string) (Export, error) {
	job := &management.Job{Format: auth0.String("json"), Fields: p.exportFields()}
	if connection != "" {
		id, err := p.connectionID(ctx, connection)
		if err != nil {
			return Export{}, err
		}
		job.ConnectionID = &id
	}
	err := p.request(ctx, p.errand("export of users", scopeUsers, false), func(ctx context.Context, api *management.Management) error {
		return api.Job.ExportUsers(ctx, job)
	})
	if err == nil && job.GetID() == "" {
		err = empty("export of users", &note{})
	}
	return exportOf(job), err
}

// exportFields are what the index needs of a profile.
func (p *Provider) exportFields() []map[string]any {
	account := "app_metadata." + accountKey
	if p.Usernames() {
		account = "username"
	}
	fields := []map[string]any{}
	for _, name := range []string{"user_id", "name", "phone_number", "updated_at", "identities"} {
		fields = append(fields, map[string]any{"name": name})
	}
	return append(fields, map[string]any{"name": account, "export_as": accountKey})
}

// connectionID is the id of a connection.
func (p *Provider) connectionID(ctx context.Context, name string) (id string, err error) {
	if strings.HasPrefix(name, "con_") {
		return name, nil
	}
	err = p.request(ctx, p.errand("connections", scopeConnections, true), func(ctx context.Context, api *management.Management) error {
		list, err := api.Connection.List(ctx, management.Parameter("name", name))
		if err == nil && list != nil && len(list.Connections) > 0 {
			id = list.Connections[0].GetID()
		}
		return err
	})
	if err == nil && id == "" {
		err = fmt.Errorf("there is no connection %q: %w", clip(name), runner.ErrSetup)
	}
	return id, err
}

// Export looks how far an export is: runner.ErrNotFound for one that Auth0 has not,
// or no longer.
func (p *Provider) Export(ctx context.Context, id string) (Export, error) {
	var job *management.Job
	err := p.request(ctx, p.errand("export of users", scopeUsers, true), func(ctx context.Context, api *management.Management) (err error) {
		job, err = api.Job.Read(ctx, id)
		if err == nil && job == nil {
			return errEmpty
		}
		return err
	})
	if missing(err) {
		return Export{}, runner.ErrNotFound
	}
	return exportOf(job), err
}

func exportOf(job *management.Job) Export {
	return Export{
		ID: job.GetID(), Status: job.GetStatus(), Percent: job.GetPercentageDone(),
		Left: time.Duration(job.GetTimeLeftSeconds()) * time.Second, CreatedAt: job.GetCreatedAt(), link: job.GetLocation(),
	}
}

// ErrLink is Fetch's: the link has had its time, or broke off. A new look at the
// export gives a new one.
var ErrLink = errors.New("the link to the export has had its time, or broke off")

// stalled is how long a download may stand still.
const stalled = 30 * time.Second

// Fetch downloads a finished export from a byte on, and says on which byte it really
// begins, zero or from, before it writes. Nothing of ours goes along: the link leads
// to another host.
func (p *Provider) Fetch(ctx context.Context, e Export, from int64, begin func(at, size int64) (io.Writer, error)) error {
	u, err := url.Parse(e.link)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || p.config.BaseURL == "") {
		return &outage{doing: "export of users", advice: "Auth0 gave no link to it", cause: runner.ErrSetup}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(stalled, cancel)
	defer watch.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.link, nil)
	if err != nil {
		return &outage{doing: "export of users", advice: "Auth0's link makes no sense", cause: runner.ErrSetup}
	}
	if from > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	}
	res, err := p.downloads.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLink, lost("download", &note{}, err))
	}
	defer res.Body.Close()
	size := res.ContentLength
	switch {
	case res.StatusCode == http.StatusOK:
		from = 0
	case res.StatusCode == http.StatusPartialContent && strings.HasPrefix(res.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", from)):
		size += from
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable && from > 0:
		return p.Fetch(ctx, e, 0, begin) // what is there is none of it
	default:
		return fmt.Errorf("%w: its host answers %d", ErrLink, res.StatusCode)
	}
	w, err := begin(from, size)
	if err != nil {
		return err
	}
	if _, err := io.Copy(&writer{w: w, moved: func() { watch.Reset(stalled) }}, res.Body); err != nil {
		var ours *writeError
		if errors.As(err, &ours) {
			return ours.error
		}
		return fmt.Errorf("%w: %w", ErrLink, lost("download", &note{}, err))
	}
	return nil
}

// writer tells its own errors from those of the download.
type writer struct {
	w     io.Writer
	moved func()
}

type writeError struct{ error }

// Write writes, and says that something came.
func (w *writer) Write(b []byte) (int, error) {
	w.moved()
	n, err := w.w.Write(b)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}

// newDownloads is a client for links to other hosts.
func newDownloads() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true // the file is wanted as it is
	t.ResponseHeaderTimeout = stalled
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 || req.URL.Scheme != via[0].URL.Scheme {
			return errRedirect
		}
		return nil
	}}
}
