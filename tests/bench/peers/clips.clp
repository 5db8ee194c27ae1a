; SPDX-License-Identifier: Apache-2.0
; The work of the comparison in CLIPS 6.30: promotions are facts, loaded once; a basket is a context and 20 lines; one
; rule joins the three, and the best of each line is kept. Run by run.sh in a folder that holds promotions.facts,
; baskets.facts and settings.clp, which sets the passes and loads the rules: clips_textbook.clp or clips_direct.clp.
(deftemplate promo (slot id) (slot cat) (slot tier) (slot qty) (slot sub) (slot pct) (multislot days))
(deftemplate basket (slot n) (slot tier) (slot dow) (slot sub) (multislot lines))
(deftemplate ctx (slot tier) (slot dow) (slot sub))
(deftemplate line (slot n) (slot cat) (slot qty) (slot total))
(deftemplate hit (slot n) (slot amount) (slot id)) ; what matched, where the rules make a fact of it
(defglobal ?*passes* = 1 ?*sum* = 0 ?*lines* = 0 ?*hash* = 0
           ?*load* = 0 ?*amount* = (create$) ?*winner* = (create$))

; Rules fire in any order: of equal amounts the lowest id.
(deffunction keep (?n ?a ?i)
  (bind ?best (nth$ ?n ?*amount*))
  (if (or (> ?a ?best) (and (= ?a ?best) (> ?a 0) (< ?i (nth$ ?n ?*winner*)))) then
    (bind ?*amount* (replace$ ?*amount* ?n ?n ?a))
    (bind ?*winner* (replace$ ?*winner* ?n ?n ?i))))

; What is timed: the facts of one basket, all that follows from them, and the best.
(deffunction do-basket (?b ?lines)
  (bind ?*amount* (create$ 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
  (bind ?*winner* (create$ -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1))
  (assert (ctx (tier (fact-slot-value ?b tier)) (dow (fact-slot-value ?b dow)) (sub (fact-slot-value ?b sub))))
  (loop-for-count (?n 1 20) do
    (bind ?at (* 3 (- ?n 1)))
    (assert (line (n ?n) (cat (nth$ (+ ?at 1) ?lines)) (qty (nth$ (+ ?at 2) ?lines))
                  (total (nth$ (+ ?at 3) ?lines)))))
  (run))

(deffunction clean-up ()
  (do-for-all-facts ((?f ctx line hit)) TRUE (retract ?f)))

(deffunction tally ()
  (loop-for-count (?n 1 20) do
    (bind ?w (nth$ ?n ?*winner*))
    (bind ?*sum* (+ ?*sum* (nth$ ?n ?*amount*)))
    (if (>= ?w 0) then (bind ?*lines* (+ ?*lines* 1)))
    (bind ?*hash* (mod (+ (* ?*hash* 31) ?w 1) 4294967296))))

(deffunction pass ()
  (bind ?*sum* 0)
  (bind ?*lines* 0)
  (bind ?*hash* 0)
  (do-for-all-facts ((?b basket)) TRUE
    (bind ?lines ?b:lines)
    (bind ?s (timer (do-basket ?b ?lines)))
    (printout t "time " ?b:n " " (integer (* ?s 1000000000)) crlf)
    (tally)
    (clean-up)))

(deffunction peak-kb ()
  (open "/proc/self/status" status "r")
  (bind ?kb 0)
  (bind ?text (readline status))
  (while (neq ?text EOF) do
    (if (eq (str-index "VmHWM:" ?text) 1) then (bind ?kb (nth$ 2 (explode$ ?text))))
    (bind ?text (readline status)))
  (close status)
  ?kb)

(batch* settings.clp)
(bind ?*load* (timer (load-facts promotions.facts)))
(load-facts baskets.facts)
(loop-for-count ?*passes* do (pass))
(printout t "result " ?*sum* " " ?*lines* " " ?*hash* crlf)
(printout t "load " (integer (* ?*load* 1000000000)) crlf)
(printout t "rss " (peak-kb) crlf)
(exit)
