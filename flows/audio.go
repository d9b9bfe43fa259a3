package flows

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Audio is a recording that a flow plays.
type Audio struct {
	// Type is its media type: audio/wav or audio/mpeg.
	Type string
	Data []byte
	// Hash is the SHA-256 of Data, in hexadecimal.
	Hash string
}

// maxAudio is the longest recording, in bytes: ten minutes of telephone quality.
const maxAudio = 10 << 20

// Media types of recordings.
const (
	typeWAV = "audio/wav"
	typeMP3 = "audio/mpeg"
)

// audio reads what a recording is: a file beside the flow, or an https address.
func (p *parser) audio(key Scalar, n *yaml.Node) Scalar {
	s := p.scalar(key, n)
	if !s.IsSet() {
		return s
	}
	if strings.Contains(s.Value, "://") {
		u, err := url.Parse(s.Value)
		switch {
		case strings.Contains(s.Value, "${"):
			p.report(CodeBadAudio, s.Pos, "the address of a recording is written out; it cannot hold ${ }")
		case err != nil || u.Host == "" || u.Fragment != "":
			p.report(CodeBadAudio, s.Pos, "%q is no address; expected one such as https://media.example.com/welcome.wav", clip(s.Value))
		case u.Scheme != "https":
			p.report(CodeBadAudio, s.Pos, "%q is not fetched over https", clip(s.Value)).Hint = "a recording is a file beside the flow, or stands at an https address"
		case u.User != nil:
			p.report(CodeBadAudio, s.Pos, "the address of a recording holds a password, which every platform would be told")
		default:
			return s
		}
		return Scalar{}
	}
	switch {
	case strings.Contains(s.Value, "${"):
		p.report(CodeBadAudio, s.Pos, "the name of a recording is written out; it cannot hold ${ }").Hint = "use a branch to choose between recordings"
	case path.IsAbs(s.Value) || strings.ContainsAny(s.Value, "\\:?#\x00") || strings.HasPrefix(path.Base(s.Value), "."):
		p.report(CodeBadAudio, s.Pos, "%q is no file beside the flow; expected a path such as audio/welcome.wav", clip(s.Value))
	case audioType(s.Value) == "":
		p.report(CodeBadAudio, s.Pos, "%q is neither wav nor mp3, which is what platforms play", clip(s.Value))
	default:
		p.doc.files = append(p.doc.files, s)
		return s
	}
	return Scalar{}
}

// audioType is the media type that a file is by its name, or "".
func audioType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".wav":
		return typeWAV
	case ".mp3":
		return typeMP3
	}
	return ""
}

// audioName is what a program calls a recording: the flow that it stands beside, a
// slash and the file, so that a flow and those that it enters have their own. An
// address stays what it is.
func audioName(doc *Document, s Scalar) string {
	if strings.Contains(s.Value, "://") {
		return s.Value
	}
	return doc.Flow.Value + "/" + s.Value
}

// ReadAudio reads the recordings that a flow plays, by the names that its program
// has for them. The files stand beside the flow's in fsys.
func ReadAudio(fsys fs.FS, doc *Document) (map[string]*Audio, Diagnostics) {
	var diags Diagnostics
	all := map[string]*Audio{}
	for _, s := range doc.files {
		name := audioName(doc, s)
		if _, done := all[name]; done {
			continue
		}
		a, err := readAudio(fsys, path.Join(path.Dir(doc.File), s.Value))
		if all[name] = a; err == nil {
			continue
		}
		d := Report(CodeBadAudio, doc.File, s.Pos, "the recording %q %s", clip(s.Value), err)
		if errors.Is(err, fs.ErrNotExist) {
			d.Message = fmt.Sprintf("there is no recording %q beside the flow", clip(s.Value))
			d.Hint = nearestFile(fsys, path.Join(path.Dir(doc.File), s.Value))
		}
		diags = append(diags, d)
	}
	return all, diags
}

func readAudio(fsys fs.FS, file string) (*Audio, error) {
	info, err := fs.Stat(fsys, file)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	case !info.Mode().IsRegular():
		return nil, errors.New("is no file")
	case info.Size() > maxAudio:
		return nil, fmt.Errorf("has %d bytes; at most %d are played", info.Size(), maxAudio)
	}
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	want, found := audioType(file), soundOf(data)
	if want != found {
		return nil, fmt.Errorf("is no %s file by what is in it", strings.TrimPrefix(path.Ext(file), "."))
	}
	sum := sha256.Sum256(data)
	return &Audio{Type: found, Data: data, Hash: hex.EncodeToString(sum[:])}, nil
}

// soundOf is the media type of a file by how it begins, or "". An mp3 begins with
// a tag (ID3v2) or with the sync word of a frame of layer III.
func soundOf(data []byte) string {
	switch {
	case len(data) >= 12 && bytes.HasPrefix(data, []byte("RIFF")) && bytes.Equal(data[8:12], []byte("WAVE")):
		return typeWAV
	case bytes.HasPrefix(data, []byte("ID3")):
		return typeMP3
	case len(data) >= 2 && data[0] == 0xff && data[1]&0xe6 == 0xe2:
		return typeMP3
	}
	return ""
}

// nearestFile is the hint at a recording of nearly the same name.
func nearestFile(fsys fs.FS, file string) string {
	entries, err := fs.ReadDir(fsys, path.Dir(file))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if audioType(e.Name()) != "" {
			names = append(names, e.Name())
		}
	}
	return didYouMean(path.Base(file), names)
}
