; SPDX-License-Identifier: Apache-2.0
; The quickest form found: what matches is not made a fact, a function keeps the best as the rule fires.
(defrule match
  (ctx (tier ?t) (dow ?d) (sub ?s))
  (line (n ?n) (cat ?c) (qty ?q) (total ?x))
  (promo (id ?i) (cat ?c) (tier ?pt&:(<= ?pt ?t)) (qty ?pq&:(<= ?pq ?q)) (sub ?ps&:(<= ?ps ?s)) (pct ?p)
         (days $?w&:(eq (nth$ ?d ?w) y)))
  =>
  (keep ?n (div (+ (* ?x ?p) 50) 100) ?i))
