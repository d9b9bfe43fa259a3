package flowtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"callflow/engine"
	"callflow/engine/lazy"
	"callflow/flows/prove"
)

// values are what variables and fields may be given, by what the flow's
// expressions compare them with.
type values struct {
	numbers map[string][]float64
	texts   map[string][]string
	sample  map[string]string // a text that functions can read, by its path
	// feeds are the names that a variable gets its value from.
	feeds map[string][]string
	names map[string][]string // that an expression of a state reads, by state
	// constants are what names are given that do not depend on the call.
	constants map[string][]string
	// beside are the names that stand in an expression with another one.
	beside map[string][]string
	// residues are what is asked about what remains of a division.
	residues map[string][]residue
	// matchers are the patterns that a name is compared with.
	matchers map[string][]*regexp.Regexp
	// extremes has the largest and the smallest entries tried: sums want them.
	extremes bool
}

// maxValues bounds the values of one name.
const maxValues = 24

var (
	quotedText = lazy.Regexp(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	identifier = lazy.Regexp(`[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*`)
	numeral    = lazy.Regexp(`-?\b\d+(?:\.\d+)?\b`)
	readAloud  = lazy.Regexp(`\b(date|time|int|money)\(\s*(?:[^,()]+,\s*)?([A-Za-z_][\w.]*)\s*\)`)
)

// samples are texts that a function can read.
func sample(function string) string {
	return map[string]string{"date": "2026-01-05", "time": "10:00", "int": "1", "money": "USD"}[function]
}

func newValues(spec *engine.Spec) *values {
	v := &values{
		numbers: map[string][]float64{}, texts: map[string][]string{}, sample: map[string]string{},
		feeds: map[string][]string{}, names: map[string][]string{}, beside: map[string][]string{}, constants: map[string][]string{},
		residues: map[string][]residue{}, matchers: map[string][]*regexp.Regexp{},
	}
	for _, variable := range spec.Variables {
		v.constant(variable.Name, variable.Value)
	}
	for i := range spec.States {
		s := &spec.States[i]
		for _, e := range expressions(s.Kind) {
			v.read(s.Scope, e.String())
			v.names[s.Name] = append(v.names[s.Name], paths(s.Scope, e.String())...)
		}
		feed := func(name string, from engine.Operand) {
			v.feeds[name] = append(v.feeds[name], operandPaths(s.Scope, from)...)
			if len(from.Template) == 1 && from.Template[0].Expr == nil {
				v.constant(name, from.Template[0].Literal)
			}
		}
		switch k := s.Kind.(type) {
		case engine.SetState:
			for _, a := range k.Set {
				feed(engine.Scoped(s.Scope, a.Var), a.Value)
				v.constant(engine.Scoped(s.Scope, a.Var), a.Constant)
			}
		case engine.SubflowState:
			for _, a := range k.Set {
				feed(k.Site+"."+a.Var, a.Value)
				v.constant(k.Site+"."+a.Var, a.Constant)
			}
		case engine.ReturnState:
			for _, a := range k.With {
				feed(engine.Site(s.Scope)+"."+a.Var, a.Value)
			}
		case engine.MenuState:
			if k.Each != nil {
				feed(engine.Scoped(s.Scope, k.Var), engine.Operand{Template: engine.Template{{Expr: k.Each.List}}})
			}
		case engine.AuthenticateState:
			feed("caller.account", k.Account)
		case engine.ChallengeState:
			feed("caller.phone", engine.Operand{Template: k.Number})
		case engine.ActionState:
			if k.Callback != nil {
				v.callable(s.Scope, k.Callback)
			}
		}
	}
	v.hand()
	return v
}

// callable has the names that a number to call is made of be numbers that can be
// called.
func (v *values) callable(scope string, c *engine.Callback) {
	for _, path := range operandPaths(scope, engine.Operand{Template: c.Number}) {
		for _, number := range [...]string{"5550100", "2025550100", "0255500100", "61255500100"} {
			if _, ok := engine.E164(number, c.Country); ok {
				v.texts[path] = add(v.texts[path], number)
			}
		}
	}
}

func operandPaths(scope string, o engine.Operand) []string {
	if o.Secret != "" {
		return []string{engine.Scoped(scope, o.Secret)}
	}
	var all []string
	for _, part := range o.Template {
		if part.Expr != nil {
			all = append(all, paths(scope, part.Expr.String())...)
		}
	}
	return all
}

// paths are the names and fields that an expression reads, as sessions know them.
func paths(scope, source string) []string {
	all := identifier().FindAllString(quotedText().ReplaceAllString(source, `""`), -1)
	for i, path := range all {
		all[i] = scopedPath(scope, path)
	}
	return all
}

func scopedPath(scope, path string) string {
	name, field, ok := strings.Cut(path, ".")
	if name = engine.Scoped(scope, name); ok {
		return name + "." + field
	}
	return name
}

// read learns from an expression.
func (v *values) read(scope, source string) {
	source = v.patterns(scope, source)
	v.residuesIn(scope, source)
	bare := quotedText().ReplaceAllString(source, `""`)
	names := paths(scope, source)
	for _, n := range names {
		for _, other := range names {
			if n != other {
				v.beside[n] = add(v.beside[n], other)
			}
		}
	}
	for _, m := range readAloud().FindAllStringSubmatch(bare, -1) {
		v.sample[scopedPath(scope, m[2])] = sample(m[1])
	}
	for _, text := range quotedText().FindAllString(source, -1) {
		text = text[1 : len(text)-1]
		for _, n := range names {
			v.texts[n] = add(v.texts[n], text)
		}
	}
	for _, text := range numeral().FindAllString(identifier().ReplaceAllString(bare, "x"), -1) {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			continue
		}
		for _, n := range names {
			for _, near := range [...]float64{f, f - 1, f + 1} {
				v.numbers[n] = add(v.numbers[n], near)
			}
		}
	}
}

// constant learns what a name is given that others may be compared with.
func (v *values) constant(name string, value engine.Value) {
	switch value := value.(type) {
	case string:
		if value != "" {
			v.constants[name] = add(v.constants[name], value)
		}
	case float64:
		v.constants[name] = add(v.constants[name], number(value))
	}
}

func add[T comparable](list []T, item T) []T {
	if len(list) >= maxValues || slices.Contains(list, item) {
		return list
	}
	return append(list, item)
}

// hand gives what a variable is compared with to the names it gets its value
// from.
func (v *values) hand() {
	names := make([]string, 0, len(v.feeds))
	for name := range v.feeds {
		names = append(names, name)
	}
	slices.Sort(names)
	for range 4 {
		for _, name := range names {
			for _, from := range v.feeds[name] {
				for _, n := range v.numbers[name] {
					v.numbers[from] = add(v.numbers[from], n)
				}
				for _, t := range v.texts[name] {
					v.texts[from] = add(v.texts[from], t)
				}
				for _, r := range v.residues[name] {
					v.residues[from] = add(v.residues[from], r)
				}
				if s := v.sample[name]; s != "" && v.sample[from] == "" {
					v.sample[from] = s
				}
			}
		}
	}
}

// text is a value for a text that nobody enters.
func (v *values) text(path, fallback string) string {
	if s := v.sample[path]; s != "" {
		return s
	}
	return fallback
}

// relevant are the variables that decide whether transitions can be taken: those
// that the states they leave read, and what these get their values from.
func (v *values) relevant(spec *engine.Spec, missing []engine.Transition) []string {
	var read []string
	// What decides about a state decides about all that follows it only.
	before := map[string]bool{}
	for _, t := range missing {
		before[t.From] = true
	}
	into := map[string][]string{}
	for _, t := range authored(spec) {
		into[t.To] = append(into[t.To], t.From)
	}
	queue := make([]string, 0, len(before))
	for _, t := range missing {
		queue = append(queue, t.From)
	}
	for len(queue) > 0 && len(before) < 2000 {
		at := queue[0]
		queue = queue[1:]
		for _, from := range into[at] {
			if !before[from] {
				before[from] = true
				queue = append(queue, from)
			}
		}
	}
	for i := range spec.States {
		s := &spec.States[i]
		if _, branches := s.Kind.(engine.BranchState); branches && before[s.Name] {
			read = append(read, v.names[s.Name]...)
		}
	}
	return v.behind(read)
}

// behind are some names, and those that they get their values from.
func (v *values) behind(paths []string) []string {
	found := map[string]bool{}
	var follow func(path string)
	follow = func(path string) {
		name, _, _ := strings.Cut(path, ".")
		for _, n := range [...]string{path, name} {
			if found[n] {
				continue
			}
			found[n] = true
			for _, from := range v.feeds[n] {
				follow(from)
			}
		}
	}
	for _, path := range paths {
		follow(path)
	}
	names := make([]string, 0, len(found))
	for n := range found {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// entries are what a question of digits may be answered with: one that looks like
// an account number first.
func (v *values) entries(scope string, k engine.CollectState) []string {
	var all []string
	name := engine.Scoped(scope, k.Var)
	try := func(text string) {
		if prove.Takes(k, text) {
			all = add(all, text)
		}
	}
	if entry, ok := prove.Entry(k); ok {
		all = append(all, entry)
	}
	for _, t := range v.texts[name] {
		try(t)
		begun := t
		for len(t) < k.Max && len(t) < 64 {
			t += "1"
			if prove.Takes(k, t) {
				try(t)
				break
			}
		}
		// What asks for the end of an entry asks for no beginning.
		for end := begun; len(end) < k.Max && len(end) < 64; {
			if end = "1" + end; prove.Takes(k, end) {
				try(end)
				break
			}
		}
	}
	for _, other := range v.beside[name] {
		for _, t := range v.constants[other] {
			try(t)
		}
	}
	for _, n := range v.numbers[name] {
		if n < 0 || n != float64(int64(n)) {
			continue
		}
		digits := strconv.FormatInt(int64(n), 10)
		try(digits)
		for len(digits) < k.Min {
			digits = "0" + digits
		}
		try(digits)
		if length := int(n); length >= k.Min && length <= min(k.Max, 64) {
			try(strings.Repeat("1", length))
		}
	}
	for _, first := range [...]int64{0, power(10, k.Min-1)} {
		for _, n := range v.dividing(name, first) {
			digits := strconv.FormatInt(n, 10)
			try(strings.Repeat("0", max(k.Min-len(digits), 0)) + digits)
		}
	}
	if v.compared(name) {
		for d := '9'; d >= '0' && len(all) < 4; d-- {
			try(strings.Repeat(string(d), max(k.Min, 1)))
		}
	}
	if v.extremes {
		try(strings.Repeat("9", max(k.Min, 1)))
		try(strings.Repeat("0", max(k.Min, 1)))
	}
	return all
}

// compared tells that a variable is compared with a value, or with another one.
func (v *values) compared(name string) bool {
	return len(v.texts[name])+len(v.numbers[name])+len(v.beside[name]) > 0
}

// bodies are answers of a service with the fields it returns: the first is
// ordinary, each other one differs in one field. One without fields is nil.
func (v *values) bodies(state string, returns []engine.Field) [][]byte {
	if len(returns) == 0 {
		return [][]byte{nil}
	}
	ordinary := map[string]any{}
	for _, f := range returns {
		ordinary[f.Name] = v.ordinary(state+"."+f.Name, f.Type)
	}
	all := [][]byte{body(ordinary)}
	add := func(changes ...change) {
		changed := maps.Clone(ordinary)
		for _, c := range changes {
			changed[c.name] = c.value
		}
		if b := body(changed); len(all) < maxBodies && !slices.ContainsFunc(all, func(a []byte) bool { return string(a) == string(b) }) {
			all = append(all, b)
		}
	}
	var changes []change
	for _, f := range returns {
		for _, other := range v.others(state+"."+f.Name, f.Type) {
			changes = append(changes, change{f.Name, other})
			add(changes[len(changes)-1])
		}
	}
	// Conditions that ask for two fields at once need both to be another.
	for i, one := range changes {
		for _, two := range changes[i+1:] {
			if one.name != two.name {
				add(one, two)
			}
		}
	}
	// And some ask for three.
	for i, one := range changes {
		for j, two := range changes[i+1:] {
			for _, three := range changes[i+j+2:] {
				if one.name != two.name && two.name != three.name && one.name != three.name {
					add(one, two, three)
				}
			}
		}
	}
	return all
}

// change is another value for a field of an answer.
type change struct {
	name  string
	value any
}

// maxBodies bounds the answers of one service that are tried.
const maxBodies = 64

func body(members map[string]any) []byte {
	b, err := json.Marshal(members)
	if err != nil {
		return []byte("{}") // values of these types can be written
	}
	return b
}

func (v *values) ordinary(path string, t engine.Type) any {
	switch t.Base {
	case engine.TypeNumber:
		return 12.5
	case engine.TypeBool:
		return false
	case engine.TypeRecord:
		r := map[string]any{}
		for _, f := range t.Fields {
			r[f.Name] = v.ordinary(path+"."+f.Name, f.Type)
		}
		return r
	case engine.TypeList:
		return []any{v.ordinary(path, *t.Item)}
	}
	return v.text(path, "example")
}

// several are enough items for a menu to have pages.
const several = 10

func (v *values) others(path string, t engine.Type) []any {
	var all []any
	switch t.Base {
	case engine.TypeNumber:
		for _, n := range v.numbers[path] {
			all = append(all, n)
		}
		for _, n := range v.dividing(path, 0) {
			all = append(all, float64(n))
		}
	case engine.TypeBool:
		all = append(all, true)
	case engine.TypeList:
		all = append(all, []any{}, slices.Repeat([]any{v.ordinary(path, *t.Item)}, several))
		if t.Item.Base != engine.TypeRecord {
			for _, item := range v.others(path, *t.Item) {
				all = append(all, []any{item})
			}
		}
	default:
		for _, text := range v.texts[path] {
			all = append(all, text)
		}
		for _, n := range v.numbers[path] {
			all = append(all, number(n))
		}
		for _, n := range v.dividing(path, 0) {
			all = append(all, strconv.FormatInt(n, 10))
		}
	}
	return all
}

// calls are who may call, and how: somebody first, then others where conditions
// ask who it is.
func (v *values) calls(spec *engine.Spec) []engine.Call {
	first := engine.Call{}
	if v.reads("call.from") {
		first.From = "+15550100"
	}
	if v.reads("call.to") {
		first.To = "+61255500100"
	}
	all := []engine.Call{first}
	// Somebody whom no condition on numbers knows is asked about the rest.
	bases := []engine.Call{first}
	if v.reads("call.from") {
		if number := v.stranger("call.from"); number != first.From {
			bases = append(bases, engine.Call{From: number, To: first.To})
		}
	}
	other := func(change func(c *engine.Call)) {
		for _, c := range bases {
			change(&c)
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	if len(bases) > 1 {
		all = append(all, bases[1])
	}
	for _, lang := range spec.Languages[1:] {
		other(func(c *engine.Call) { c.Language = lang })
	}
	for _, t := range v.texts["call.from"] {
		other(func(c *engine.Call) { c.From = t })
		other(func(c *engine.Call) { c.From = t + "5550100" })
	}
	if v.reads("call.to") {
		other(func(c *engine.Call) { c.To = v.stranger("call.to") })
	}
	for _, t := range v.texts["call.to"] {
		other(func(c *engine.Call) { c.To = t })
		other(func(c *engine.Call) { c.To = t + "5550100" })
	}
	for _, t := range v.texts["call.name"] {
		other(func(c *engine.Call) { c.Name = t })
	}
	return all
}

// stranger is a number that has none of the texts in it that a name is compared with,
// and matches none of the patterns, as far as there is one.
func (v *values) stranger(path string) string {
	numbers := [...]string{"+15550100", "+61255500123", "+442079460456", "+4930901820", "+6421345678", "+12025550143"}
	for _, n := range numbers {
		if !slices.ContainsFunc(v.texts[path], func(t string) bool { return t != "" && strings.Contains(n, t) }) &&
			!slices.ContainsFunc(v.matchers[path], func(re *regexp.Regexp) bool { return re.MatchString(n) }) {
			return n
		}
	}
	return numbers[len(numbers)-1]
}

func (v *values) reads(path string) bool {
	for _, names := range v.names {
		if slices.Contains(names, path) {
			return true
		}
	}
	return false
}

// power is a whole number to a power, as far as that is a whole number.
func power(base int64, exponent int) int64 {
	n := int64(1)
	for range min(max(exponent, 0), 15) {
		n *= base
	}
	return n
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// valueText writes a value so that it can be compared; a secret too, which never
// leaves this package so.
func valueText(v engine.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case engine.Secret:
		return v.Reveal()
	case engine.Record:
		var b strings.Builder
		for _, f := range v {
			b.WriteString(f.Name + "=" + valueText(f.Value) + ",")
		}
		return b.String()
	}
	return fmt.Sprint(v)
}

// expressions finds every expression in a kind, wherever it stands: a new kind
// needs nothing here.
func expressions(k engine.Kind) []*engine.Expr {
	var all []*engine.Expr
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				return
			}
			if e, ok := v.Interface().(*engine.Expr); ok {
				all = append(all, e)
				return
			}
			if v.Elem().Kind() == reflect.Struct && v.Type().Elem().PkgPath() == reflect.TypeFor[engine.Expr]().PkgPath() {
				walk(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Map:
			// Kinds hold no maps with expressions: their order would not be theirs.
		}
	}
	walk(reflect.ValueOf(k))
	return all
}
