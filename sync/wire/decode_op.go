package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"or3.cloud/or3/internal/fault"
)

// decodeOps splits the array of ops; too many are refused before they are read.
func decodeOps(array jsontext.Value) ([]Op, error) {
	if array.Kind() != '[' {
		return nil, fault.Field("ops", "It must be an array.")
	}
	r := newReader(array, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	defer r.free()
	_, _ = r.ReadToken()
	ops := make([]Op, 0, 1)
	for r.PeekKind() != ']' {
		if len(ops) == MaxOps {
			return nil, fault.Newf(fault.Oversized, "A push is at most %d ops. Send the rest with the next one.", MaxOps)
		}
		raw, err := r.value()
		if err != nil {
			return nil, unparsable("The body is not JSON.")
		}
		ops = append(ops, decodeOp(raw))
	}
	return ops, nil
}

// decodeOp reads one op as far as it goes. An op that cannot be read keeps its
// op_id if that can be made out, because its sender looks for it.
func decodeOp(raw jsontext.Value) Op {
	var op Op
	members, wrong := readMembers("op", raw)
	for _, m := range members {
		if wrong != nil {
			break
		}
		switch string(m.name) {
		case "table":
			wrong = text(m, (*string)(&op.Table))
		case "op":
			wrong = text(m, (*string)(&op.Op))
		case "pk":
			wrong = text(m, &op.PK)
		case "atomic":
			wrong = text(m, &op.Atomic)
		case "payload":
			op.Payload = m.value
		case "stamp":
			op.Stamp, wrong = decodeStamp(m.value)
		default:
			wrong = invalid(string(m.name), "There is no such field.")
		}
	}
	if wrong != nil {
		op.malformed = wrong
		op.Stamp.OpID = opIDIn(raw)
	}
	return op
}

func decodeStamp(raw jsontext.Value) (Stamp, *OpError) {
	var s Stamp
	members, wrong := readMembers("stamp", raw)
	if wrong != nil {
		return s, wrong
	}
	for _, m := range members {
		switch string(m.name) {
		case "device_id":
			wrong = text(m, &s.DeviceID)
		case "op_id":
			wrong = text(m, &s.OpID)
		case "hlc":
			wrong = text(m, &s.HLC)
		case "clock":
			var ok bool
			if s.Clock, ok = integer(m.value); !ok {
				wrong = invalid("clock", "It must be an integer from 0 to 2^53−1.")
			}
		default:
			wrong = invalid(string(m.name), "There is no such field.")
		}
		if wrong != nil {
			return s, wrong
		}
	}
	for _, required := range []string{"device_id", "op_id", "hlc", "clock"} {
		if !named(members, required) {
			return s, invalid(required, "It is required.")
		}
	}
	return s, nil
}

func text(m member, out *string) *OpError {
	if m.value.Kind() != '"' {
		return invalid(string(m.name), "It must be a text.")
	}
	*out = unquote(m.value)
	return nil
}

func opIDIn(raw jsontext.Value) string {
	var op struct {
		Stamp struct {
			OpID string `json:"op_id"`
		} `json:"stamp"`
	}
	_ = json.Unmarshal(raw, &op, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if !isUUID(op.Stamp.OpID) {
		return ""
	}
	return op.Stamp.OpID
}
