package flows

import (
	"slices"
	"strconv"
	"strings"

	"callflow/engine"

	"gopkg.in/yaml.v3"
)

// EachDecl makes the choices of a menu from a list.
type EachDecl struct {
	Pos     Pos
	In      Scalar
	Say     *Text
	Page    *Setting[int]
	More    Scalar // not set: 9, or where that is taken 0
	SayMore *Text
}

const (
	defaultPage = 8
	maxPage     = 9
)

var eachFields = Fields{
	{Key: "in", Shape: aTemplate, Required: true, Doc: "The list, as in ${found.stores}."},
	{Key: "say", Shape: aWording, Required: true, Doc: "What is said of each item, with ${item}, ${key} and ${position}."},
	{Key: "page", Shape: anInteger(1, maxPage), Default: strconv.Itoa(defaultPage), Doc: "How many items are offered at once."},
	{Key: "more", Shape: aPhoneKey, Default: `"9"`, Doc: "The key for the next items, and after the last ones for the first."},
	{Key: "say_more", Shape: aWording, Doc: "What is said where there are more items than are offered at once."},
}

func (p *parser) eachOf(key Scalar, n *yaml.Node) *EachDecl {
	d := &EachDecl{Pos: key.Pos}
	if !p.is(key, n, yaml.MappingNode, "a mapping that says which list, and what to say of each item") {
		return d
	}
	seen := p.each(n, mapping{what: "each", known: eachFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "in":
			d.In = p.scalar(key, v)
		case "say":
			d.Say = p.text(key, v, false)
		case "page":
			d.Page = p.integer(key, v, 1, maxPage)
		case "more":
			d.More = p.phoneKey(key, v)
		case "say_more":
			d.SayMore = p.text(key, v, false)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, eachFields)
	return d
}

// page and more are the settings with their defaults.
func (d *EachDecl) page() int { return first(d.Page, nil, defaultPage) }

func (d *EachDecl) more() string {
	switch {
	case d.More.IsSet():
		return d.More.Value
	case d.page() == maxPage:
		return "0"
	}
	return "9"
}

// keys are all keys that the list can take, each where it comes from.
func (d *EachDecl) keys() []Scalar {
	keys := make([]Scalar, 0, maxPage+1)
	for i := range d.page() {
		keys = append(keys, Scalar{Value: strconv.Itoa(i + 1), Pos: d.Pos})
	}
	return append(keys, Scalar{Value: d.more(), Pos: d.More.Pos.or(d.Pos)})
}

// localOfMenu are the names that stand for an item in what is said of it.
var localOfMenu = []string{engine.LocalItem, engine.LocalKey, engine.LocalPosition}

// each compiles the choices that a menu makes from a list.
func (c *compiler) each(d *MenuDecl) *engine.Each {
	e := &engine.Each{List: c.listOf(d.Each.In, "in"), Page: d.Each.page(), More: d.Each.more()}
	c.ofEach(e.List, localOfMenu, func() { e.Say = c.text(d.Each.Say, spoken) })
	e.SayMore = c.text(d.Each.SayMore, spoken)
	if e.List == nil {
		e.List = anything // it was reported, or is missing
	}
	c.eachKeys(d)
	return e
}

// eachKeys reports keys of a list that something else claims, and items whose key
// nobody is told.
func (c *compiler) eachKeys(d *MenuDecl) {
	taken := map[string]Scalar{}
	for _, k := range d.Each.keys() {
		if _, twice := taken[k.Value]; twice {
			c.report(CodeDuplicateOption, k.Pos, "the key %s is that of an item and cannot ask for more", k.Value).Hint = "offer fewer items at once, or choose another key"
			continue
		}
		taken[k.Value] = k
	}
	for _, o := range d.Options {
		if _, clash := taken[o.Keys.Value]; clash {
			c.report(CodeDuplicateOption, o.Keys.Pos, "the key %s is claimed by the list: it takes 1 to %d, and %s for more", o.Keys.Value, d.Each.page(), d.Each.more()).Hint = "offer fewer items at once (page), or choose another key"
		}
		if o.Value.IsSet() {
			c.report(CodeBadValue, o.Value.Pos, "the menu's own name is the item that was chosen; an option beside a list has no value")
		}
	}
	c.toldKey(d.Each.Say)
	if d.Each.SayMore != nil {
		c.spokenKeys(d.Each.SayMore, nil, []Scalar{{Value: d.Each.more()}})
	}
}

// toldKey warns of items without a word of the key that chooses them.
func (c *compiler) toldKey(t *Text) {
	if t == nil {
		return
	}
	for _, w := range t.Wordings {
		for _, s := range w.Lines {
			told := namesIn(s.Value, func(name string) bool { return name == engine.LocalKey || name == engine.LocalPosition })
			if told == "" && s.IsSet() {
				c.report(CodePromptOptionMismatch, s.Pos, "the words for an item do not say which key chooses it").Hint = `say "Press ${key} for …"`
				return
			}
		}
	}
}

// longerThan are keys that begin with one of the list's and go on.
func (d *EachDecl) longerThan(keys []string) []string {
	var longer []string
	for _, k := range keys {
		if len(k) > 1 && slices.ContainsFunc(d.keys(), func(s Scalar) bool { return strings.HasPrefix(k, s.Value) }) {
			longer = append(longer, k)
		}
	}
	slices.Sort(longer)
	return slices.Compact(longer)
}
