package config

import (
	"bytes"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
)

type yamlNode = yaml.Node

// masked is the file's text with every value overwritten that was not read as a
// setting that may be shown: what stands under a misspelt key may be a secret too.
// References to the environment stay.
func (r *reader) masked() []byte {
	lines := bytes.Split(bytes.Clone(r.src), []byte("\n"))
	if r.root.Kind == 0 { // not YAML: nobody knows where values begin
		for i := range lines {
			if m := keyed().FindIndex(lines[i]); m != nil {
				lines[i] = append(lines[i][:m[1]:m[1]], stars(lines[i][m[1]:])...)
			} else if !comment().Match(lines[i]) {
				lines[i] = stars(lines[i])
			}
		}
		return bytes.Join(lines, []byte("\n"))
	}
	r.mask(&r.root, false, lines)
	return bytes.Join(lines, []byte("\n"))
}

var (
	keyed   = lazy.Regexp(`^\s*(- +)?[A-Za-z0-9_"+]+\s*:`)
	comment = lazy.Regexp(`^(\s*(#|$)|--- *$)`) // nor is the first line of a key in PEM one
)

func (r *reader) mask(n *yaml.Node, isKey bool, lines [][]byte) {
	if n.Kind == yaml.ScalarNode {
		if !isKey && !r.shown[n] && n.Tag != "!!null" {
			maskScalar(n, lines)
		}
		return
	}
	for i, child := range n.Content {
		r.mask(child, n.Kind == yaml.MappingNode && i%2 == 0, lines)
	}
}

// maskScalar overwrites a scalar, but for its quotes. One that is not written as it
// is read, or goes on in other lines, takes all that follows with it: where it ends
// cannot be told.
func maskScalar(n *yaml.Node, lines [][]byte) {
	i := n.Line - 1
	if i < 0 || i >= len(lines) {
		return
	}
	runes := []rune(string(lines[i]))
	from := min(max(n.Column-1, 0), len(runes))
	to, exact := from+len([]rune(n.Value)), n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		exact = exact && to+1 < len(runes) && (runes[to+1] == '"' || runes[to+1] == '\'')
		from, to = min(from+1, len(runes)), to+1
	}
	if exact = exact && to <= len(runes) && string(runes[from:to]) == n.Value; !exact {
		to = len(runes)
		for j := i + 1; j < len(lines); j++ {
			if keyed().Match(lines[j]) || comment().Match(lines[j]) {
				break
			}
			lines[j] = stars(lines[j])
		}
	}
	lines[i] = append([]byte(string(runes[:from])), append(stars([]byte(string(runes[from:to]))), string(runes[to:])...)...)
}

// reference is ${env:NAME}, which says where a secret is and not what it is.
var reference = lazy.Regexp(`\$\{env:[A-Za-z0-9_]*\}`)

// stars overwrites a text, character by character, so that what follows keeps its
// column. References stay.
func stars(text []byte) []byte {
	out := []rune(string(text))
	for i := range out {
		if out[i] != ' ' && out[i] != '\t' && out[i] != '\r' {
			out[i] = '*'
		}
	}
	masked := string(out)
	for _, m := range reference().FindAllIndex(text, -1) {
		from, to := len([]rune(string(text[:m[0]]))), len([]rune(string(text[:m[1]])))
		r := []rune(masked)
		masked = string(r[:from]) + string(text[m[0]:m[1]]) + string(r[to:])
	}
	return []byte(masked)
}
