package engine

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// List is several values of one type: texts, numbers, truth values, or records
// with the same fields. A list never holds a secret.
type List []Value

// The bounds of a list: a loop must not grow a session without end.
const (
	maxItems    = 100
	maxItemSize = 4 << 10  // bytes of one item's texts
	maxListSize = 64 << 10 // and of all of them
)

// fits refuses a list beyond the bounds. The error holds no value.
func (l List) fits() error {
	if len(l) > maxItems {
		return fmt.Errorf("the list has %d items; at most %d are kept", len(l), maxItems)
	}
	all := 0
	for i, v := range l {
		size := sizeOf(v)
		if size > maxItemSize {
			return fmt.Errorf("item %d of the list is larger than %d bytes", i+1, maxItemSize)
		}
		all += size
	}
	if all > maxListSize {
		return fmt.Errorf("the list is larger than %d bytes", maxListSize)
	}
	return nil
}

func sizeOf(v Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case Record:
		n := 0
		for _, f := range v {
			n += sizeOf(f.Value)
		}
		return n
	}
	return 8
}

// loose is a value as the expression library and the JSON encoder take it.
func loose(v Value) any {
	switch v := v.(type) {
	case Record:
		m := make(map[string]any, len(v))
		for _, f := range v {
			m[f.Name] = loose(f.Value)
		}
		return m
	case List:
		items := make([]any, len(v))
		for i := range v {
			items[i] = loose(v[i])
		}
		return items
	}
	return v
}

// strict undoes loose; nil for what is no value.
func strict(v any) Value {
	switch v := v.(type) {
	case int:
		return float64(v)
	case string, float64, bool:
		return v
	case map[string]any:
		r := make(Record, 0, len(v))
		for name, field := range v {
			r = append(r, Var{name, strict(field)})
		}
		slices.SortFunc(r, func(a, b Var) int { return cmp.Compare(a.Name, b.Name) })
		return r
	case []any:
		l := make(List, len(v))
		for i := range v {
			l[i] = strict(v[i])
		}
		return l
	}
	return nil
}

// place reads the n of item(list, n): a whole number, from 1.
func place(n any) (int, bool) {
	switch n := n.(type) {
	case int:
		return n, true
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<31 {
			return int(n), true
		}
	}
	return 0, false
}

var errNoItem = errors.New("item: the list has no such item")

func listItem(list []any, n any) (any, error) {
	i, whole := place(n)
	if !whole || i < 1 || i > len(list) {
		return nil, errNoItem
	}
	return list[i-1], nil
}

// itemOf gives item() its result's type, which the library then holds on to.
func itemOf[T any](list []any, n any) (T, error) {
	v, err := listItem(list, n)
	got, ok := v.(T)
	if err == nil && !ok {
		err = errNoItem
	}
	return got, err
}

func fieldOf[T any](list []any, n any, field string) (T, error) {
	r, err := itemOf[map[string]any](list, n)
	got, ok := r[field].(T)
	if err == nil && !ok {
		err = errNoItem
	}
	return got, err
}

func listAdd[T any](list []any, v T) []any { return append(slices.Clone(list), any(v)) }

// listRemove takes out the n-th item. One that is not there needs no taking out.
func listRemove(list []any, n any) []any {
	i, whole := place(n)
	if !whole || i < 1 || i > len(list) {
		return list
	}
	return slices.Delete(slices.Clone(list), i-1, i)
}

func listSum(list []any) float64 {
	sum := 0.0
	for _, v := range list {
		f, _ := v.(float64)
		sum += f
	}
	return sum
}

func column(list []any, field string) []any {
	all := make([]any, len(list))
	for i, v := range list {
		if r, ok := v.(map[string]any); ok {
			all[i] = r[field]
		}
	}
	return all
}

// join reads a list aloud: "ham, corn and olives".
func (w *Words) join(list []any) string {
	var b strings.Builder
	for i, v := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			b.WriteString(" " + w.listAnd() + " ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(textOf(strict(v)))
	}
	return b.String()
}

// listAnd is the word before the last of several things.
func (w *Words) listAnd() string {
	if w.ListAnd != "" {
		return w.ListAnd
	}
	return w.And
}
