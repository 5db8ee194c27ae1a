; SPDX-License-Identifier: Apache-2.0
; As a textbook writes it, facts and patterns alone: the best of a line is the match beside which there is no better.
(defrule match
  (ctx (tier ?t) (dow ?d) (sub ?s))
  (line (n ?n) (cat ?c) (qty ?q) (total ?x))
  (promo (id ?i) (cat ?c) (tier ?pt&:(<= ?pt ?t)) (qty ?pq&:(<= ?pq ?q)) (sub ?ps&:(<= ?ps ?s)) (pct ?p)
         (days $?w&:(eq (nth$ ?d ?w) y)))
  =>
  (assert (hit (n ?n) (amount (div (+ (* ?x ?p) 50) 100)) (id ?i))))

(defrule best
  (declare (salience -1))
  (hit (n ?n) (amount ?a) (id ?i))
  (not (hit (n ?n) (amount ?b&:(> ?b ?a))))
  (not (hit (n ?n) (amount ?a) (id ?j&:(< ?j ?i))))
  =>
  (keep ?n ?a ?i))
