package engine

import "fmt"

// items are what a list holds now.
func (st *step) items(list *Expr) (List, error) {
	v, err := list.eval(st.s, st.words)
	if err != nil {
		return nil, err
	}
	items, ok := v.(List)
	if !ok {
		return nil, fmt.Errorf("%s is no list", list)
	}
	return items, nil
}

// sayEach says text of each item of a list; of an empty one nothing.
func (st *step) sayEach(list *Expr, text Text, bargeIn bool) error {
	if st.ending() {
		return nil
	}
	items, err := st.items(list)
	if err != nil {
		return err
	}
	var says []Say
	for i, item := range items {
		say, err := st.speakOf(text, item, i+1, "", bargeIn)
		if err != nil {
			return err
		}
		says = sayOn(says, say)
	}
	for _, say := range says {
		st.verbs = append(st.verbs, say)
	}
	return nil
}

// speakOf renders what is said of an item: the n-th, from 1, which key chooses.
// The names that stand for it are seen by nothing else.
func (st *step) speakOf(text Text, item Value, n int, key string, bargeIn bool) (Say, error) {
	local := *st.s
	local.set(LocalItem, item)
	local.set(LocalPosition, itoa(n))
	if key != "" {
		local.set(LocalKey, key)
	}
	of := *st
	of.s = &local
	return of.speak(text, bargeIn)
}

// sayOn says one thing after others, in one breath where all of it is plain.
func sayOn(says []Say, next Say) []Say {
	if next.Text == "" && next.Audio == "" {
		return says
	}
	if n := len(says) - 1; n >= 0 {
		if last := &says[n]; last.Audio == "" && last.SSML == "" && next.Audio == "" && next.SSML == "" {
			last.Text += " " + next.Text
			return says
		}
	}
	return append(says, next)
}

// page is the part of a list that a menu offers.
type page struct {
	items List // of this page
	first int  // how many items are before them
	more  bool // there are other pages
}

// page cuts the items that are offered now.
func (e *Each) page(st *step) (page, error) {
	items, err := st.items(e.List)
	if err != nil {
		return page{}, err
	}
	p := page{first: st.s.Entry.Page * e.Page, more: len(items) > e.Page}
	if p.first >= len(items) {
		p.first = 0
	}
	p.items = items[p.first:min(p.first+e.Page, len(items))]
	return p, nil
}

// keys are what can be pressed for a page.
func (e *Each) keys(p page) []string {
	keys := make([]string, 0, len(p.items)+1)
	for i := range p.items {
		keys = append(keys, itoa(i+1))
	}
	if p.more {
		keys = append(keys, e.More)
	}
	return keys
}

// say is what is said of a page.
func (e *Each) say(st *step, p page, bargeIn bool) ([]Say, error) {
	var says []Say
	for i, item := range p.items {
		say, err := st.speakOf(e.Say, item, p.first+i+1, itoa(i+1), bargeIn)
		if err != nil {
			return nil, err
		}
		says = sayOn(says, say)
	}
	if p.more && len(e.SayMore) > 0 {
		say, err := st.speak(e.SayMore, bargeIn)
		if err != nil {
			return nil, err
		}
		says = sayOn(says, say)
	}
	return says, nil
}

// turnPage goes to the next page, from the last to the first.
func (e *Each) turnPage(st *step) Outcome {
	items, err := st.items(e.List)
	if err != nil {
		return st.fail(err)
	}
	if st.s.Entry.Page++; st.s.Entry.Page*e.Page >= len(items) {
		st.s.Entry.Page = 0
	}
	return OutRetryMore
}
