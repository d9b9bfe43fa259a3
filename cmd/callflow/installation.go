package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/engine/runner"
	"callflow/engine/runner/outbound"
	"callflow/flows"
	"callflow/providers"
	"callflow/providers/services"
	"callflow/providers/sms"
	"callflow/providers/telephony"
)

// installation is a configuration with everything that it names. What is wrong
// with any of it stands in diags; with an error among them the rest must not be
// used.
type installation struct {
	config   *config.Config
	bundle   *flows.Bundle
	options  flows.Options
	codecs   []telephony.Codec
	callers  []outbound.Platform  // those that can make calls
	unsure   []string             // platforms whose settings do not tell whether they can
	identity runner.Authenticator // nil: nobody can sign in
	senders  []sms.Sender         // in the order in which they are asked
	carriers sms.Carriers         // nil: nobody tells who carries a number
	diags    flows.Diagnostics
	sources  map[string][]byte // what diagnostics are about, by file
	notes    []string          // what is to be known of platforms, and is no problem

	scope scope
	files []string // of flows
}

// scope is what is looked at of a configuration; zero: all that it names.
type scope struct {
	// files are flows, in the place of its own and of its numbers, which lead to those.
	files []string
	// platforms are those that must do what flows ask, as far as it configures them,
	// else as they are; nil: all that it configures.
	platforms []capable
}

// open reads a configuration and everything it names, and finds all that is wrong
// in one go. It opens no store and no connection.
func open(src config.Source) *installation { return openScope(src, scope{}) }

// openScope is open for a part of it.
func openScope(src config.Source, of scope) *installation {
	in := &installation{sources: map[string][]byte{}, scope: of}
	in.config, in.diags = config.Load(src)
	if in.config.File != "" {
		in.sources[in.config.File] = in.config.Masked
	}
	if in.unreadable() {
		return in
	}
	in.openWords()
	in.openFlows()
	in.openIdentity()
	in.openCodecs()
	in.openSenders()
	in.checkServices()
	in.checkPlatforms()
	in.checkDialling()
	in.diags.Sort()
	return in
}

// unreadable tells a configuration of which nothing is known: the rest would follow from
// that alone.
func (in *installation) unreadable() bool {
	return slices.ContainsFunc(in.diags, func(d flows.Diagnostic) bool {
		return d.File == in.config.File && d.Code == flows.CodeSyntaxError
	})
}

func (in *installation) report(ds ...flows.Diagnostic) { in.diags = append(in.diags, ds...) }

func (in *installation) openWords() {
	in.options.Words = map[string][]byte{}
	for lang, file := range in.config.Words {
		src, err := os.ReadFile(file)
		if err != nil {
			in.report(flows.Report(flows.CodeUnreadableFile, file, flows.Pos{}, "the words cannot be read: %s", bare(err)))
			continue
		}
		in.options.Words[lang] = src
		in.sources[file] = src
	}
}

func (in *installation) openFlows() {
	in.options.ChosenNumbers = in.config.Calls.Chosen
	in.options.Services = []string{} // known, and none
	for _, s := range in.config.Services {
		in.options.Services = append(in.options.Services, s.Name)
	}
	own := in.scope.files == nil
	in.files = in.scope.files
	if own {
		in.files = in.ownFiles()
	}
	if len(in.files) == 0 {
		if !in.diags.HasErrors() {
			in.report(in.config.Missing("flows", "no flow is named: set flows to the files of flows"))
		}
		return
	}
	disk := diskFS{in.sources}
	var found flows.Diagnostics
	in.bundle, found = flows.Load(disk, in.files, in.options)
	for i, d := range found {
		if n := slices.Index(in.files, d.File); own && n >= 0 && d.Code == flows.CodeUnreadableFile {
			found[i] = in.config.AtFlow(n, d)
		}
	}
	in.report(found...)
	if in.bundle == nil {
		return
	}
	if own {
		in.report(in.config.CheckNumbers(in.bundle.Flows)...)
	}
	for _, name := range in.bundle.Names() {
		file := in.bundle.Files[name]
		in.report(in.config.CheckCalls(file, in.bundle.Sources[file])...)
	}
	if own && len(in.bundle.Routable()) == 0 && !in.diags.HasErrors() {
		in.report(in.config.Missing("flows", "every flow is a sub-flow, which others enter; name one that calls begin on"))
	}
	in.report(in.needs()...)
}

// ownFiles are the flows that the configuration names.
func (in *installation) ownFiles() []string {
	var files []string
	for _, f := range in.config.Flows {
		path := f.Text
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, flowFile)
		}
		files = append(files, path)
	}
	return files
}

func (in *installation) openIdentity() {
	a := in.config.Identity
	if a == nil {
		return
	}
	for _, e := range providers.Identity() {
		if e.Name != a.Name {
			continue
		}
		if in.config.Unread("identity", a.Name) || !in.complete("identity", a, e.Settings) {
			return
		}
		var err error
		if in.identity, err = e.Open(a.Section); err == nil {
			return
		}
		problems, err := userProblems(err)
		if err != nil {
			for line := range strings.SplitSeq(bareText(err), "\n") {
				in.report(a.Report("%s", line))
			}
		}
		in.report(problems...)
	}
}

// complete reports what an adapter must have and has not, unless it was given and
// something is wrong with it, which has been reported.
func (in *installation) complete(family string, a *config.Adapter, settings []providers.Setting) bool {
	whole := true
	for _, s := range settings {
		if !s.Required || a.Section.Text(s.Name) != "" {
			continue
		}
		whole = false
		if !in.config.Mentions(family, a.Name, s.Name) {
			in.report(a.Report("%q has no %q: %s", a.Name, s.Name, s.Doc))
		}
	}
	return whole
}

func (in *installation) openCodecs() {
	for _, a := range in.config.Platforms {
		for _, e := range providers.Telephony() {
			if e.Name != a.Name {
				continue
			}
			codec, err := e.Open(a.Section)
			if err != nil {
				in.unsure = append(in.unsure, a.Name)
				if !in.config.Unread("platforms", a.Name) {
					in.report(a.Report("%s", strings.TrimPrefix(err.Error(), a.Name+": ")))
				}
				continue
			}
			in.codecs = append(in.codecs, codec)
			in.openCaller(a)
		}
	}
}

// checkServices makes each service and throws it away, to hear what is wrong with
// it.
func (in *installation) checkServices() {
	for _, s := range in.config.Services {
		if s.URL == nil || s.URL.Host == "" {
			continue // reported already
		}
		client, err := services.New(services.Config{Services: map[string]services.Service{s.Name: serviceOf(s)}})
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				in.report(in.config.AtService(s.Name, "%s", strings.TrimPrefix(line, "service "+s.Name+": ")))
			}
			continue
		}
		_ = client.Close() // it has no connection yet
	}
}

// checkPlatforms compares flows with what platforms can do.
func (in *installation) checkPlatforms() {
	if in.bundle == nil {
		return
	}
	var able []capable
	for _, codec := range in.codecs {
		able = append(able, capable{name: codec.Name(), can: codec.Capabilities(), codec: codec, configured: true})
	}
	if asked := slices.Clone(in.scope.platforms); asked != nil {
		for i, p := range asked {
			if n := slices.IndexFunc(able, func(a capable) bool { return a.name == p.name }); n >= 0 {
				asked[i] = able[n]
			}
		}
		able = asked
	}
	in.report(fitsAll(in.bundle, able)...)
	in.notes = append(numberNotes(in.config), notesOn(in.bundle, able)...)
}

// checkServing finds an installation that nobody could call.
func (in *installation) checkServing() {
	if len(in.config.Platforms) > 0 || in.unreadable() || in.config.Unread("platforms") || in.config.Mentions("platforms") && in.diags.HasErrors() {
		return // what is wrong with the section has been said
	}
	d := in.config.Missing("platforms", "no platform is configured: nobody could send calls here")
	d.Hint = "set platforms.jambonz.secret or platforms.generic.secret; on this machine alone, --platforms-generic-unsigned will do"
	in.report(d)
	in.diags.Sort()
}

func serviceOf(s config.Service) services.Service {
	out := services.Service{
		URL:        s.URL.String(),
		Timeout:    s.Timeout,
		Headers:    map[string]engine.Secret{},
		Idempotent: &s.Idempotent,
		Private:    s.Private,
	}
	for _, h := range s.Headers {
		out.Headers[h.Name] = h.Value
	}
	return out
}

// client is the client of all services.
func (in *installation) client() (*services.Services, error) {
	all := map[string]services.Service{}
	for _, s := range in.config.Services {
		all[s.Name] = serviceOf(s)
	}
	return services.New(services.Config{Services: all, Callbacks: in.config.Callbacks})
}

// authenticator signs callers in, or nobody.
func (in *installation) authenticator() runner.Authenticator {
	if in.identity == nil {
		return nobody{}
	}
	return in.identity
}

// sealer hides what the store keeps. A durable store has a key, or the configuration is
// wrong; here it is asked once more, as what it keeps would stand there in clear.
func (in *installation) sealer() (engine.Sealer, error) {
	if len(in.config.SealKeys) == 0 && !in.config.Store.Durable {
		return runner.Unsealed(), nil
	}
	return runner.NewSealer(in.config.SealKeys, rand.Reader)
}

// store opens the store, whose file is named in the configuration.
func (in *installation) store() (runner.Store, error) {
	store, err := openStore(in.config.Store)
	if err != nil {
		return nil, usageError{err}
	}
	return store, nil
}

// show writes what is wrong, and tells whether anything must not run.
func (c *Command) showProblems(in *installation) error {
	if len(in.diags) > 0 {
		if err := c.showDiagnostics(in.diags, in.sources); err != nil {
			return err
		}
	}
	if in.diags.HasErrors() {
		return errShown
	}
	return nil
}

// nobody is the identity provider of an installation without one.
type nobody struct{}

var errNobody = errors.New("no identity provider is configured")

func (nobody) Authenticate(context.Context, engine.Authenticate) (engine.SignedIn, error) {
	return engine.SignedIn{Result: engine.SignInUnavailable}, errNobody
}

// programs are the flows that are live.
type programs struct {
	bundle  *flows.Bundle
	options flows.Options
}

func (p programs) Program(flow string) (*engine.Program, []byte, bool) {
	program, ok := p.bundle.Flows[flow]
	if !ok || program.Spec().Subflow != nil {
		return nil, nil, false // calls do not begin on sub-flows
	}
	return program, p.bundle.Saved(flow), true
}

// Compile compiles a source that a call began on. It was checked when it was live;
// services and permissions that have gone since are no reason not to end the call well.
func (p programs) Compile(source []byte) (*engine.Program, error) {
	program, diags := flows.CompileSaved("saved flow", source, flows.Options{Words: p.options.Words, ChosenNumbers: true})
	if program == nil {
		return nil, diags.Err()
	}
	return program, nil
}

// diskFS reads files by the paths that people write, and keeps what it read for
// the diagnostics.
type diskFS struct{ read map[string][]byte }

func (diskFS) Open(name string) (fs.File, error) { return os.Open(name) }

// ReadFile reads a whole file.
func (d diskFS) ReadFile(name string) ([]byte, error) {
	src, err := os.ReadFile(name)
	if err == nil {
		d.read[name] = src
	}
	return src, err
}

// bareText is an error's text without "open", which says nothing to a reader.
func bareText(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Path + ": " + path.Err.Error()
	}
	return err.Error()
}
