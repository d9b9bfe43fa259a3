package phone

import "strings"

// minBeginning is how many digits the beginning of a number of the country has at
// least where nothing that is dialled before national numbers tells it from an
// extension.
const minBeginning = 5

// Beginnings are what numbers in E.164 may begin with that, as they are written or
// dialled in the country, begin so: "02 5550" of Australia is "+6125550", and so is
// "0011 61 2 5550". None: no number does, as far as can be told; there are several
// where some countries' digits can be read in two ways. Few digits that could begin
// an extension, "10", are no number's.
func (r Region) Beginnings(raw string) (all []string) {
	digits, plus, ok := dialled(raw)
	home := known().country(r.code)
	if !ok || home == nil && !plus {
		return nil
	}
	if !plus {
		rest, abroad := home.abroad(digits)
		if !abroad {
			return home.beginnings(digits)
		}
		digits = rest
	}
	for n := 1; n <= 3 && n <= len(digits); n++ {
		code, national := digits[:n], digits[n:]
		if plans := known().of(code); plans != nil && strings.HasPrefix(national, "0") {
			return []string{"+" + code + plans[0].trunkless(national)} // +61 (0)2
		} else if plans != nil {
			break
		}
	}
	return []string{"+" + digits}
}

// beginnings are those that digits dialled at home stand for.
func (p *plan) beginnings(digits string) (all []string) {
	short := p.trunkless(digits)
	if short != digits {
		all = append(all, "+"+p.code+short)
	}
	if len(digits) < minBeginning || short != digits && (digits[0] == '0' || short == strings.TrimPrefix(digits, p.code)) {
		return all
	}
	if strings.HasPrefix(digits, p.code) { // with the country's code, and no plus
		all = append(all, "+"+digits)
		if p.trunk != nil {
			return all
		}
	}
	return append(all, "+"+p.code+digits)
}

// trunkless takes off what is dialled before a national number of which this is the
// beginning.
func (p *plan) trunkless(digits string) string {
	if p.trunk == nil {
		return digits
	}
	at := p.trunk().FindStringIndex(digits)
	if at == nil || at[1] == 0 || at[1] == len(digits) {
		return digits // nothing, or nothing behind it: it may as well be all of an extension
	}
	if p.transform != "" {
		return p.withoutTrunk(digits)
	}
	return digits[at[1]:]
}
