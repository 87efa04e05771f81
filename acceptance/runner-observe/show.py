"""Prints a recorded dialogue, one short line per event: show.py FILE [--all]."""

import json
import sys


def brief(message):
    text = []
    status = message.get("status", {})
    if status:
        text.append(
            f"status={status.get('code')}"
            + (f" {status['description']!r}" if "description" in status else "")
        )
        text += [
            f"{k}={status[k]!r}" for k in ("details", "req_id", "internal_details") if k in status
        ]
    for key in (
        "runner_id",
        "runner_replica_id",
        "nodepool_id",
        "compute_cluster_id",
        "runner_item_id",
    ):
        if key in message:
            text.append(f"{key}={message[key][:16]}")
    for item in message.get("runner_items", []):
        info = item.get("processing_info", {})
        request = "post_model_outputs_request" in item and "request" or ""
        text.append(f"item({item['id'][:8]} {info} {request})")
    for output in message.get("runner_item_outputs", []):
        answer = output.get("multi_output_response", {})
        said = [
            p["data"].get("string_value")
            for o in answer.get("outputs", [])
            for p in o.get("data", {}).get("parts", [])
        ]
        st = answer.get("status", {})
        text.append(
            f"output({st.get('code')} {said} {({k: str(v)[:90] for k, v in st.items() if k != 'code'})})"
        )
    return " ".join(text)


def main():
    everything = "--all" in sys.argv
    for line in open(sys.argv[1]):
        event = json.loads(line)
        if event["what"] == "note":
            print(
                f"{event['t']:8.3f}       -- {event['text']} "
                + str({k: v for k, v in event.items() if k not in ("t", "what", "text")})
            )
            continue
        if event.get("rpc") not in (None, "ProcessRunnerItems") and not everything:
            continue
        rest = {
            k: v
            for k, v in event.items()
            if k not in ("t", "what", "call", "message", "rpc", "peer")
        }
        print(
            f"{event['t']:8.3f} #{event['call']:<4} {event.get('rpc', '')} {event['what']:14} {brief(event.get('message', {}))} {rest or ''}"
        )


if __name__ == "__main__":
    main()
