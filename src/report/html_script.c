/* html_script.c - the read-out: a vertical line and the values of the period under the pointer,
 * by arrow keys when the chart has the focus. The page is complete without it.
 *
 * The policy of the page admits exactly this script by its hash; change both together:
 * tests/report/test_report.c prints the right hash when they disagree. */
#include "report/html.h"

const char mz_html_script[] =
    "(()=>{const d=document;for(const s of d.querySelectorAll('svg[data-x]')){"
    "const f=s.closest('figure'),"
    "r=f.querySelector('.r'),c=f.querySelector('.c'),x=s.dataset.x.split(' ').map(Number),"
    "y=s.dataset.y.split(' '),"
    "h=[...f.querySelectorAll('thead th')].map(e=>e.firstChild.textContent),"
    "q=f.querySelectorAll('tbody tr'),l=d.createElementNS('http://www.w3.org/2000/svg','path'),"
    "z=x.length-2;let i=-1;l.setAttribute('class','cur');s.append(l);"
    "r.textContent=d.body.dataset.hint;"
    "d.body.dataset.hint='';"
    "const go=n=>{i=Math.max(0,Math.min(z,n));l.setAttribute('d',"
    "'M'+(x[i]+x[i+1])/2+' '+y[0]+'V'+y[1]);"
    "r.textContent='';[...q[i].cells].forEach((e,j)=>{const b=d.createElement(j?'span':'b');"
    "b.append(j?h[j]+' ':'',e.firstChild.cloneNode(true));r.append(b)})};"
    "c.onpointermove=e=>{const b=s.getBoundingClientRect(),p=(e.clientX-b.left)*860/b.width;"
    "if(p>=x[0]&&p<=x[z+1])go(x.findLastIndex(v=>v<=p))};"
    "c.onkeydown=e=>{const k={ArrowRight:1,ArrowLeft:-1}[e.key];"
    "if(k){e.preventDefault();go(i<0&&k<0?z:i+k)}}}})()";

const char mz_html_script_hash[] = "rGQjf0dAvvlNkMoRpzADKRJ2J9yqPN+tFdP3eDVD7ck=";
